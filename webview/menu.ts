import { type Content, element } from './element.ts';
import { type IconName, icon } from './icon.ts';

/** A button with an icon; without `text` the label is what screen readers and the tooltip say. */
export function button(
  label: string,
  look: { readonly icon?: IconName; readonly text?: string; readonly primary?: boolean; readonly class?: string },
  onPress: () => void,
): HTMLButtonElement {
  const { text } = look;
  const classes = [text === undefined ? 'icon-button' : 'button', look.primary ? 'primary' : '', look.class ?? ''];
  return element(
    'button',
    {
      type: 'button',
      class: classes.filter((one) => one !== '').join(' '),
      title: label,
      ...(text === undefined ? { 'aria-label': label } : {}),
      onclick: onPress,
    },
    look.icon !== undefined && icon(look.icon),
    text !== undefined && element('span', {}, text),
  );
}

/** A button that opens a panel below itself; Esc and a press elsewhere close it. */
export function popup(
  label: string,
  title: string,
  contents: () => readonly Content[],
  iconName?: IconName,
): HTMLElement {
  const panel = element('div', { class: 'popup-panel', role: 'group', 'aria-label': title, hidden: true });
  const opener = element(
    'button',
    { type: 'button', class: 'button popup-opener', 'aria-expanded': 'false', title },
    iconName !== undefined && icon(iconName),
    element('span', {}, label),
    icon('down'),
  );
  const root = element('div', { class: 'popup' }, opener, panel);
  const show = (open: boolean) => {
    panel.hidden = !open;
    opener.setAttribute('aria-expanded', String(open));
    if (!open) return;
    panel.replaceChildren(...contents().filter((one): one is Node | string => one !== undefined && one !== false));
    // A panel near the right edge opens to the left, or it would be cut.
    panel.classList.toggle('to-left', root.getBoundingClientRect().left + panel.offsetWidth > window.innerWidth - 8);
    panel.querySelector<HTMLElement>('button, input')?.focus();
  };
  opener.addEventListener('click', () => show(panel.hidden === true));
  root.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || panel.hidden) return;
    event.stopPropagation();
    show(false);
    opener.focus();
  });
  root.addEventListener('focusout', ({ relatedTarget }) => {
    if (relatedTarget instanceof Node && !root.contains(relatedTarget)) show(false);
  });
  document.addEventListener('pointerdown', ({ target }) => {
    if (target instanceof Node && !root.contains(target)) show(false);
  });
  panel.addEventListener('click', ({ target }) => {
    if (target instanceof Element && target.closest('[data-closes]') !== null) show(false);
  });
  return root;
}

/** A row of a menu; pressing it closes the menu. */
export function menuItem(text: string, onPress: () => void): HTMLButtonElement {
  return element('button', { type: 'button', class: 'menu-item', 'data-closes': true, onclick: onPress }, text);
}

/** A check box of a menu with its words. */
export function checkRow(text: string, checked: boolean, onChange: (checked: boolean) => void): HTMLLabelElement {
  const box = element('input', { type: 'checkbox', checked });
  box.addEventListener('change', () => onChange(box.checked));
  return element('label', { class: 'check-row' }, box, element('span', {}, text));
}
