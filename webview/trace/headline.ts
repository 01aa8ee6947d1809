import { t } from '@vscode/l10n';
import type { TraceAnswer, TraceProblem, TraceRequest } from '../../src/engine/index.ts';
import { element } from '../element.ts';
import { post } from '../host.ts';
import { icon } from '../icon.ts';
import { button, menuItem, popup } from '../menu.ts';

/** The verdict in colour, sign and words; why; and what can be done about it. */
export function headline(
  answer: TraceAnswer,
  request: TraceRequest,
  { pinned, canVerify }: { readonly pinned: boolean; readonly canVerify: boolean },
): HTMLElement {
  const { verdict, reason, fixes, blamed } = answer;
  // The engine's headline begins with a sign of its own, for terminals.
  const text = answer.headline.replace(/^[✓✗⚠?◑]\s*/u, '');
  return element(
    'header',
    { class: `headline ${verdict}` },
    element('span', { class: 'verdict' }, icon(verdict)),
    element(
      'div',
      { class: 'headline-text' },
      titleOf(text),
      reason !== '' && element('p', { class: 'reason' }, reason),
      element(
        'div',
        { class: 'actions' },
        ...fixes.map(({ title, edits }) =>
          button(title, { text: t('Fix: {0}', title), icon: 'wrench', primary: true }, () =>
            post({ type: 'fix', edits }),
          ),
        ),
        ...showBlamed(blamed),
        ...commonActions(request, pinned),
        canVerify && verifyButton(),
      ),
    ),
  );
}

/** The verdict first; the ends, which may be long, stand after it in a lighter type. */
function titleOf(text: string): HTMLElement {
  const at = text.indexOf(' — ');
  if (at < 0) return element('h1', {}, text);
  return element('h1', {}, text.slice(0, at), element('span', { class: 'ends' }, text.slice(at)));
}

/** Goes to what decided; a list where several objects did. */
function showBlamed(blamed: TraceAnswer['blamed']): readonly HTMLElement[] {
  const [first] = blamed;
  if (first === undefined) return [];
  const text = /policy/i.test(first.label) ? t('Show policy') : t('Show object');
  const open = ({ location }: TraceAnswer['blamed'][number]) => post({ type: 'open', location });
  if (blamed.length === 1) {
    return [button(first.label, { text, icon: 'open', class: 'secondary' }, () => open(first))];
  }
  return [popup(text, text, () => blamed.map((one) => menuItem(one.label, () => open(one))), 'open')];
}

function verifyButton(): HTMLElement {
  return button(
    t('Run this connection for real, from its pod; you are told first what is run'),
    { text: t('Verify on the cluster…'), icon: 'play', class: 'secondary' },
    () => post({ type: 'verify' }),
  );
}

function commonActions(request: TraceRequest, pinned: boolean): readonly HTMLElement[] {
  const { from, to } = request;
  const pin = button(
    pinned ? t('Take it out of the side bar') : t('Keep it in the side bar and trace it again at every change'),
    { text: pinned ? t('Pinned') : t('Pin'), icon: 'pin', class: 'secondary' },
    () => post({ type: 'pin', request }),
  );
  pin.setAttribute('aria-pressed', String(pinned));
  return [
    button(t('Choose another source'), { text: t('From…'), icon: 'edit', class: 'secondary' }, () =>
      post({ type: 'pickTrace', to }),
    ),
    button(t('Choose another destination'), { text: t('To…'), icon: 'edit', class: 'secondary' }, () =>
      post({ type: 'pickTrace', from }),
    ),
    button(t('Show topology'), { text: t('Topology'), icon: 'topology', class: 'secondary' }, () =>
      post({ type: 'showTopology' }),
    ),
    pin,
  ];
}

/** Why there is no trace, and what there is to choose from. */
export function problemText({ problem, code, choices }: TraceProblem, request: TraceRequest): HTMLElement {
  const buttons = choices.map((choice) =>
    button(choice, { text: choice, class: 'secondary' }, () => {
      const chosen = afterChoice(code, choice, request);
      if (chosen !== undefined) post({ type: 'trace', request: chosen });
      else post({ type: 'pickTrace', from: choice, to: request.to });
    }),
  );
  return element(
    'header',
    { class: 'headline unknown' },
    element('span', { class: 'verdict' }, icon('unknown')),
    element(
      'div',
      { class: 'headline-text' },
      element('h1', {}, t('No trace: {0} → {1}', request.from, request.to)),
      element('p', { class: 'reason' }, problem),
      buttons.length > 0 && element('div', { class: 'actions', role: 'group', 'aria-label': t('Choose') }, ...buttons),
      element('div', { class: 'actions' }, ...commonActions(request, false).slice(0, 2)),
    ),
  );
}

/** The request that a choice stands for; `undefined` where it takes more than one step. */
function afterChoice(code: TraceProblem['code'], choice: string, request: TraceRequest): TraceRequest | undefined {
  switch (code) {
    case 'port-needed': {
      // A choice may say its protocol, too: `53/UDP`.
      const [port = choice, protocol] = choice.split('/');
      const to = `${request.to.replace(/:[\w-]+$/, '')}:${port}`;
      return protocol === 'UDP' || protocol === 'SCTP' || protocol === 'TCP'
        ? { ...request, to, protocol }
        : { ...request, to };
    }
    case 'several-scopes':
      return { ...request, scope: choice };
    case 'not-a-source':
      return { ...request, from: choice };
    case 'no-such-end':
    case 'malformed':
      return undefined;
    default:
      return code satisfies never;
  }
}
