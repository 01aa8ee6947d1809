import * as vscode from 'vscode';
import { manifestSelector, toLocation, toPosition } from './convert.ts';
import type { EngineClient } from './engineClient.ts';

/** Who uses a Service, a port or a workload: backends, selectors, policies, assertions. */
export function registerReferences(client: EngineClient): vscode.Disposable {
  return vscode.languages.registerReferenceProvider(manifestSelector, {
    async provideReferences(document, position, { includeDeclaration }, token) {
      const at = { uri: document.uri.toString(), position: toPosition(position), declaration: includeDeclaration };
      const places = await client.query('references', at, { token }).catch(() => []);
      return places.map(toLocation);
    },
  });
}
