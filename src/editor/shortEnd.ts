/** `shop/Deployment/frontend` is `frontend` in a title; a URL stays whole. */
export function shortEnd(end: string): string {
  return end.includes('://') ? end : (end.split('/').at(-1) ?? end);
}
