/** Control characters and those that reorder or hide text: what is shown must look like what it is. */
export const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

const allUnseen = new RegExp(unseen, 'gu');
const allButLines = /[^\P{Cc}\n\t]|[\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Untrusted text on one line, for a person: characters that can't be seen become U+FFFD, line ends and tabs a space. */
export function plainText(text: string): string {
  return text.replaceAll(/[\r\n\t]+/g, ' ').replaceAll(allUnseen, '\uFFFD');
}

/** A whole answer for a terminal, which must not obey names: as {@link plainText}, with its lines and tabs as they are. */
export function plainLines(text: string): string {
  return text.replaceAll(allButLines, '\uFFFD');
}
