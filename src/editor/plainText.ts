/** Control characters and those that reorder or hide text. */
const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Names are hostile: what can't be seen, or would turn what follows it around, is shown as U+FFFD. */
export function visible(text: string): string {
  return text.replaceAll(/[\r\n\t]+/g, ' ').replaceAll(unseen, '\uFFFD');
}

/** The same where VS Code would also read `$(name)` as an icon: lenses, quick picks, the status bar. */
export function plain(text: string): string {
  return visible(text).replaceAll('$(', '$ (');
}

/** The same for tooltips of several lines. */
export function visibleLines(text: string): string {
  return text.split('\n').map(visible).join('\n');
}
