import * as vscode from 'vscode';
import { manifestSelector, toLocation, toPosition } from './convert.ts';
import type { EngineClient } from './engineClient.ts';

/** From an Ingress to its Service, to its workload; from a policy to the workloads that it is about. */
export function registerDefinition(client: EngineClient): vscode.Disposable {
  return vscode.languages.registerDefinitionProvider(manifestSelector, {
    async provideDefinition(document, position, token) {
      const params = { uri: document.uri.toString(), position: toPosition(position) };
      const places = await client.query('definition', params, { token }).catch(() => []);
      return places.map(toLocation);
    },
  });
}
