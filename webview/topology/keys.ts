import type { Board } from './board.ts';

/** The keys of the whole page; the board itself has those that move between boxes. */
export function pressed(event: KeyboardEvent, board: Board, search: HTMLInputElement): void {
  const { target, key } = event;
  if (event.altKey || (target instanceof HTMLElement && target.closest('input, select') !== null)) return;
  const { panZoom } = board;
  const searches = key === '/' || (key === 'f' && (event.ctrlKey || event.metaKey));
  if (searches) search.select();
  else if (event.ctrlKey || event.metaKey) return;
  else if (key === '+' || key === '=') panZoom.zoomBy(1.25);
  else if (key === '-') panZoom.zoomBy(1 / 1.25);
  else if (key === '0') panZoom.zoomBy(1 / panZoom.view.scale);
  else if (key === 'f' || key === 'F') panZoom.fit();
  else if (key === 'Escape' && board.selected !== undefined) board.select(undefined);
  else return;
  event.preventDefault();
}
