import { t } from '@vscode/l10n';
import type { GraphAnswer, GraphRequest } from '../../src/engine/index.ts';
import { element } from '../element.ts';
import { button } from '../menu.ts';
import { pictureText } from './words.ts';

/** How many boxes a first picture has. */
export const usual = 40;

/** Above this a picture takes seconds and can't be read: it is drawn only where the user insists. */
export const comfortable = 80;

/** What chips and the footer ask for. */
export interface NarrowingEvents {
  readonly onAsk: (change: Partial<GraphRequest>) => void;
  /** Takes away what the picture is around. */
  readonly onEverything: () => void;
  /** Draws the arrows that were set aside. */
  readonly onDrawAll: () => void;
}

/** What narrows the picture stands in sight and can be taken away. */
export function chips(request: GraphRequest, { onAsk, onEverything }: NarrowingEvents): readonly HTMLElement[] {
  const { around, unfolded, namespaces } = request;
  const made: HTMLElement[] = [];
  if (around !== undefined) {
    const name = 'uri' in around ? fileName(around.uri) : around.box;
    made.push(chip(t('Around {0}', name), t('Show everything'), onEverything));
  }
  if (namespaces.length > 0)
    made.push(chip(namespaces.join(', '), t('All namespaces'), () => onAsk({ namespaces: [] })));
  if (unfolded.length > 0)
    made.push(chip(t('Unfolded: {0}', unfolded.length), t('Fold again'), () => onAsk({ unfolded: [], limit: usual })));
  return made;
}

/** The line below the picture: what it holds, what it leaves out, and which keys there are. */
export function footer(
  answer: GraphAnswer | undefined,
  { limit }: GraphRequest,
  aside: number,
  { onAsk, onDrawAll }: NarrowingEvents,
): readonly HTMLElement[] {
  if (answer === undefined) return [];
  const parts: HTMLElement[] = [element('span', {}, pictureText(answer))];
  if (answer.hidden > 0) parts.push(element('span', {}, t('{0} more are folded', answer.hidden)));
  if (answer.hidden > 0 && limit < comfortable) {
    const more = () => onAsk({ limit: comfortable });
    parts.push(element('button', { type: 'button', class: 'link', onclick: more }, t('Show more')));
  }
  if (answer.changesAreCut) parts.push(element('span', {}, t('The edit changes more connections than are drawn')));
  if (aside > 0) {
    const text = t('{0} arrows are shown for the box that is selected or pointed at', aside);
    parts.push(element('span', {}, text));
    parts.push(element('button', { type: 'button', class: 'link', onclick: onDrawAll }, t('Draw all')));
  }
  const keys = t('Arrows move · Enter inspects · F fits · / finds');
  return [...parts, element('span', { class: 'muted keys' }, keys)];
}

/** Opens a fold; what is left of one that was opened before gets more room. */
export function unfolding({ unfolded, limit }: GraphRequest, id: string): Partial<GraphRequest> {
  const isRest = unfolded.includes(id) || id === 'fold/*';
  return { unfolded: [...new Set([...unfolded, id])], limit: isRest ? comfortable : limit };
}

function chip(text: string, remove: string, onRemove: () => void): HTMLElement {
  return element('span', { class: 'chip' }, element('span', {}, text), button(remove, { icon: 'close' }, onRemove));
}

function fileName(uri: string): string {
  const name = uri.slice(uri.lastIndexOf('/') + 1);
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
