import { t } from '@vscode/l10n';
import { element } from './element.ts';
import { icon } from './icon.ts';

/** Says that what the page shows is out of date for good: nothing old may pass for what holds now. */
export function stoppedBanner(): HTMLElement {
  const text = t('Podpath stopped. This is out of date; reload the window to try again.');
  return element('p', { class: 'stopped-banner', role: 'alert' }, icon('failed'), element('span', {}, text));
}
