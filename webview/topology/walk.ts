import type { Rect } from '../panZoom.ts';

/** The box that an arrow key, Home or End leads to from another; `undefined` for other keys and where none lies there. */
export function nearestBox(rects: ReadonlyMap<string, Rect>, from: string, key: string): string | undefined {
  const all = [...rects];
  if (key === 'Home' || key === 'End') {
    const sorted = all.sort(([, a], [, b]) => a.x - b.x || a.y - b.y);
    return sorted.at(key === 'Home' ? 0 : -1)?.[0];
  }
  const start = rects.get(from);
  const along = direction(key);
  if (start === undefined || along === undefined) return undefined;
  const here = middle(start);
  let best: { id: string; cost: number } | undefined;
  for (const [id, rect] of all) {
    if (id === from) continue;
    const there = middle(rect);
    const ahead = (there.x - here.x) * along.x + (there.y - here.y) * along.y;
    const aside = Math.abs((there.x - here.x) * along.y) + Math.abs((there.y - here.y) * along.x);
    // A box that is more aside than ahead belongs to another key.
    if (ahead < 4 || aside > ahead * 4) continue;
    const cost = ahead + aside * 2;
    if (best === undefined || cost < best.cost) best = { id, cost };
  }
  return best?.id;
}

function direction(key: string): { readonly x: number; readonly y: number } | undefined {
  switch (key) {
    case 'ArrowLeft':
      return { x: -1, y: 0 };
    case 'ArrowRight':
      return { x: 1, y: 0 };
    case 'ArrowUp':
      return { x: 0, y: -1 };
    case 'ArrowDown':
      return { x: 0, y: 1 };
    default:
      return undefined;
  }
}

function middle({ x, y, width, height }: Rect): { readonly x: number; readonly y: number } {
  return { x: x + width / 2, y: y + height / 2 };
}
