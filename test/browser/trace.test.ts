import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { StepMark, TraceAnswer, TraceProblem, TraceRequest, VerifyAnswer } from '../../src/engine/index.ts';
import { hostileLabels, shopAnalysis, traceOf } from './fixtures.ts';
import { Browsing, type Opening, until, type ViewPage } from './viewPage.ts';

const toBackend: TraceRequest = { from: 'shop/Deployment/frontend', to: 'shop/svc/backend', protocol: 'TCP' };
const toDatabase: TraceRequest = { from: 'shop/Deployment/frontend', to: 'shop/svc/db', protocol: 'TCP' };
const shop = shopAnalysis({ cni: 'calico-vxlan' });

let browsing: Browsing;
before(async () => {
  browsing = await Browsing.start();
});
after(() => browsing.stop());

function answerOf(request: TraceRequest, analysis = shop): TraceAnswer {
  const answer = traceOf(analysis, request);
  assert.ok(!('problem' in answer), 'problem' in answer ? answer.problem : '');
  return answer;
}

async function show(
  view: ViewPage,
  answer: TraceAnswer | TraceProblem,
  request: TraceRequest,
  pinned = false,
  more: { readonly canVerify?: boolean; readonly verified?: VerifyAnswer } = {},
): Promise<void> {
  const { canVerify = false, verified = null } = more;
  // An answer is drawn as a whole: what is there of the one before it is not this one's.
  await view.page.locator('.headline').evaluateAll((all) => {
    for (const one of all) one.setAttribute('data-old', '');
  });
  await view.send({ type: 'trace', answer, request, pinned, canVerify, verified });
  await view.page.locator('.headline:not([data-old])').waitFor();
}

async function opened(request = toBackend, answer = answerOf(request), opening: Opening = {}): Promise<ViewPage> {
  const view = await browsing.open('trace', opening);
  await show(view, answer, request);
  await view.page.locator('.path g.node').first().waitFor();
  return view;
}

async function quiet(view: ViewPage): Promise<void> {
  assert.deepEqual(await view.complaints(), []);
  await view.close();
}

/** The engine's answer with one verdict everywhere. */
function withVerdict(verdict: TraceAnswer['verdict']): TraceAnswer {
  const answer = answerOf(toBackend);
  return { ...answer, verdict, branches: answer.branches.map((one) => ({ ...one, verdict })) };
}

describe('trace: what happened', () => {
  it('says the verdict in words, why, and what the client sees', async () => {
    const answer = answerOf(toDatabase);
    const view = await opened(toDatabase, answer);
    assert.match(await view.page.locator('h1').innerText(), /^Denied on the way out — .*frontend → .*db:5432 \(TCP\)$/);
    assert.equal(await view.page.locator('.reason').innerText(), answer.reason);
    assert.match(await view.page.locator('.facts').innerText(), /time-out/i);
    assert.equal(await view.page.locator('.path g.node.denied').count(), 1);
    assert.equal(await view.page.locator('.path g.node.ghost').count(), 1);
    const stopped = view.page.locator('.steps tr.stopped .what');
    assert.equal(await stopped.count(), 1);
    const colour = (of: string) =>
      view.page
        .locator(of)
        .first()
        .evaluate((one) => getComputedStyle(one).color);
    assert.equal(await colour('.steps tr.stopped .what'), await colour('.verdict'));
    assert.match((await view.page.getByRole('status').textContent()) ?? '', /Denied/);
    await quiet(view);
  });

  it('draws a box a hop and a lane a node, and tells every step', async () => {
    const answer = answerOf(toBackend);
    const view = await opened(toBackend, answer);
    for (const [index, branch] of answer.trace.branches.entries()) {
      await view.page.locator('.branch').nth(index).click();
      for (const [way, name] of [
        ['forward', 'Forward'],
        ['reverse', 'Reply'],
      ] as const) {
        await view.page.getByRole('tab', { name }).click();
        const hops = branch[way];
        await until(async () => (await view.page.locator('.path > svg g.node').count()) === hops.length, 'it is drawn');
        const nodes = new Set(hops.map(({ location }) => location.node).filter((node) => node !== ''));
        assert.equal(await view.page.locator('.path > svg g.cluster').count(), nodes.size);
        assert.equal(await view.page.locator('.steps tbody tr').count(), answer.branches[index]?.[way].length);
      }
    }
    await quiet(view);
  });

  it('draws the way of every connection of the example, whatever the network', async () => {
    const ends = ['shop/svc/backend', 'shop/svc/db', 'shop/svc/frontend', 'shop/Deployment/backend', '8.8.8.8:443'];
    const view = await browsing.open('trace');
    let seen = 0;
    for (const cni of ['unknown', 'flannel-vxlan', 'calico-ipip', 'cilium-vxlan', 'calico-bgp']) {
      const analysis = shopAnalysis({ cni });
      for (const to of ends) {
        const from = to.includes('frontend') ? '203.0.113.7' : 'shop/Deployment/frontend';
        const request: TraceRequest = { from, to, protocol: 'TCP' };
        const answer = answerOf(request, analysis);
        await show(view, answer, request);
        const first = answer.branches.findIndex(({ verdict }) => verdict !== 'delivered');
        const hops = answer.trace.branches[Math.max(0, first)]?.forward.length ?? 0;
        await until(
          async () => (await view.page.locator('.path > svg g.node[data-hop]').count()) === hops,
          `${to} is drawn`,
        );
        seen += 1;
      }
    }
    assert.equal(seen, 25);
    assert.deepEqual(
      (await view.posted()).filter(({ type }) => type === 'log'),
      [],
    );
    await quiet(view);
  });

  it('gives each verdict a sign of its own, and the four that matter a colour of their own', async () => {
    const view = await opened();
    const looks = new Map<string, { readonly sign: string; readonly colour: string }>();
    for (const verdict of ['delivered', 'denied', 'failed', 'not-enforced', 'unknown', 'mixed'] as const) {
      await show(view, withVerdict(verdict), toBackend);
      const sign = view.page.locator(`.headline.${verdict} .verdict`);
      await sign.waitFor();
      looks.set(verdict, {
        sign: (await sign.locator('path').getAttribute('d')) ?? '',
        colour: await sign.evaluate((one) => getComputedStyle(one).color),
      });
    }
    assert.equal(new Set([...looks.values()].map(({ sign }) => sign)).size, looks.size);
    const colours = ['delivered', 'denied', 'not-enforced', 'unknown', 'mixed'].map((one) => looks.get(one)?.colour);
    assert.equal(new Set(colours).size, colours.length);
    await quiet(view);
  });

  it('shows text of objects as text', async () => {
    const answer = answerOf(toBackend);
    const hostile: TraceAnswer = {
      ...answer,
      headline: `✓ ${hostileLabels[0]}`,
      reason: hostileLabels[1] ?? '',
      branches: answer.branches.map((one, index) => ({
        ...one,
        label: hostileLabels[2 + index] ?? '',
        forward: one.forward.map((row, at) => ({
          ...row,
          where: hostileLabels[at] ?? '',
          what: hostileLabels[at + 1] ?? '',
        })),
      })),
      assumptions: [{ text: hostileLabels[5] ?? '', confirm: hostileLabels[6] ?? '' }],
    };
    const view = await opened(toBackend, hostile);
    assert.equal(await view.page.locator('h1').innerText(), hostileLabels[0]);
    assert.equal(await view.page.locator('.reason').innerText(), hostileLabels[1]);
    assert.equal(await view.page.locator('.assumed code').innerText(), hostileLabels[6]);
    assert.equal(await view.page.locator('#app img, #app iframe, #app a, #app script').count(), 0);
    assert.equal(await view.page.evaluate(() => 'pwned' in window), false);
    await quiet(view);
  });
});

describe('trace: steps and YAML', () => {
  it('shows the YAML of a step that is selected and marks its box, by mouse and by keys', async () => {
    const answer = answerOf(toBackend);
    const view = await opened(toBackend, answer);
    const index = answer.branches[0]?.forward.findIndex(({ locations }) => locations.length > 0) ?? -1;
    const place = answer.branches[0]?.forward[index]?.locations[0]?.location;
    await view.page.locator('.steps .number').nth(index).click();
    assert.deepEqual(await view.nextOf('open'), { type: 'open', location: place, preserveFocus: true });
    assert.equal(await view.page.locator('.path g.node.selected').count(), 1);
    await view.page.keyboard.press('ArrowDown');
    assert.equal(
      await view.page
        .locator('.steps .number')
        .nth(index + 1)
        .getAttribute('aria-pressed'),
      'true',
    );
    await view.posted();
    await view.page.locator('.steps tbody tr').nth(index).locator('.link').first().click();
    assert.deepEqual((await view.nextOf('open')).location, place);
    await quiet(view);
  });

  it('marks the steps that the line under the cursor decides', async () => {
    const answer = answerOf(toBackend);
    const view = await opened(toBackend, answer);
    const location = answer.branches[0]?.forward.flatMap(({ locations }) => locations)[0]?.location;
    assert.ok(location !== undefined);
    await view.send({ type: 'reveal', location });
    await view.page.locator('.steps tr.revealed').first().waitFor();
    await view.send({ type: 'reveal', location: { ...location, uri: 'file:///other.yaml' } });
    await view.page.locator('.steps tr.revealed').first().waitFor({ state: 'detached' });
    await quiet(view);
  });

  it('keeps the endpoint, the way and the step while the YAML is typed', async () => {
    const view = await opened();
    await view.page.locator('.branch').nth(2).click();
    await view.page.getByRole('tab', { name: 'Reply' }).click();
    await view.page.locator('.steps .number').nth(1).click();
    await show(view, answerOf(toBackend, shopAnalysis({ cni: 'flannel-vxlan' })), toBackend);
    await view.page.getByText('Flannel').first().waitFor();
    assert.equal(await view.page.locator('.branch').nth(2).getAttribute('aria-pressed'), 'true');
    assert.equal(await view.page.getByRole('tab', { name: 'Reply' }).getAttribute('aria-selected'), 'true');
    assert.equal(await view.page.locator('.steps .number').nth(1).getAttribute('aria-pressed'), 'true');
    await quiet(view);
  });
});

describe('trace: what the user does', () => {
  it('fixes, pins, chooses other ends and goes to the topology', async () => {
    const edits = [
      {
        uri: 'file:///a.yaml',
        range: { start: { line: 1, character: 0 }, end: { line: 1, character: 2 } },
        newText: 'x',
      },
    ];
    const answer = { ...answerOf(toDatabase), fixes: [{ title: 'Fix: allow 5432', edits }] };
    const view = await opened(toDatabase, answer);
    const press = (name: string) => view.page.getByRole('button', { name }).click();
    await press('Fix: allow 5432');
    assert.deepEqual(await view.nextOf('fix'), { type: 'fix', edits });
    await press('Pin');
    assert.deepEqual((await view.nextOf('pin')).request, toDatabase);
    await press('From…');
    assert.deepEqual(await view.nextOf('pickTrace'), { type: 'pickTrace', to: toDatabase.to });
    await press('To…');
    assert.deepEqual(await view.nextOf('pickTrace'), { type: 'pickTrace', from: toDatabase.from });
    await press('Topology');
    await view.nextOf('showTopology');
    await show(view, answer, toDatabase, true);
    await view.page.getByRole('button', { name: 'Pinned', pressed: true }).waitFor();
    await quiet(view);
  });

  it('copies as Markdown, Mermaid, JSON, and offers to keep it as a test', async () => {
    const answer = answerOf(toDatabase);
    const view = await opened(toDatabase, answer);
    const copy = async (name: string) => {
      await view.page.getByRole('button', { name: 'Copy', exact: true }).click();
      await view.page.getByRole('button', { name, exact: true }).click();
      return (await view.nextOf('copy')).text;
    };
    assert.equal(await copy('Copy as Markdown'), answer.markdown);
    assert.equal(await copy('Copy as Mermaid'), answer.branches[0]?.mermaid);
    assert.deepEqual(
      JSON.parse(await copy('Copy as JSON')),
      JSON.parse(JSON.stringify({ version: 1, ...answer.trace })),
    );
    await view.page.getByRole('button', { name: 'Copy', exact: true }).click();
    await view.page.getByRole('button', { name: 'Save as ConnectivityTest…' }).click();
    assert.deepEqual((await view.nextOf('saveTest')).request, toDatabase);
    await quiet(view);
  });

  it('leads to the policy that denies, or to a list of those that do it together', async () => {
    const answer = answerOf(toDatabase);
    const view = await opened(toDatabase, answer);
    await view.page.getByRole('button', { name: 'Show policy' }).click();
    const [nearest, second] = answer.blamed;
    assert.equal(await view.page.locator('.headline .menu-item').count(), answer.blamed.length);
    assert.equal(nearest?.label, 'NetworkPolicy shop/frontend-open');
    await view.page.locator('.headline .menu-item', { hasText: second?.label ?? '' }).click();
    assert.deepEqual((await view.nextOf('open')).location, second?.location);
    await show(view, { ...answer, blamed: answer.blamed.slice(0, 1) }, toDatabase);
    await view.page.getByRole('button', { name: 'Show policy' }).click();
    assert.deepEqual((await view.nextOf('open')).location, nearest?.location);
    await show(view, answerOf(toBackend), toBackend);
    assert.equal(await view.page.getByRole('button', { name: 'Show policy' }).count(), 0);
    await quiet(view);
  });

  it('stays readable beside an editor: in a narrow panel no column is squeezed and nothing sticks out', async () => {
    const view = await opened(toBackend, answerOf(toBackend), { width: 520, height: 800 });
    const why = view.page.locator('.steps .why');
    for (const box of await why.evaluateAll((all) => all.map((one) => one.getBoundingClientRect().width)))
      assert.ok(box > 350, `${box}`);
    const place = view.page.locator('.steps .places .link').first();
    const lines = await place.evaluate((one) => one.getClientRects().length);
    assert.equal(lines, 1);
    assert.equal(await view.page.locator('.scroller').evaluate((one) => one.scrollWidth > one.clientWidth), false);
    assert.equal(await view.page.getByRole('row').count(), await view.page.locator('.steps tbody tr').count());
    await view.screenshot('trace-narrow');
    await quiet(view);
  });

  it('says when nothing will be traced again', async () => {
    const view = await opened();
    await view.send({ type: 'stopped' });
    assert.match(await view.page.getByRole('alert').innerText(), /out of date; reload the window/);
    await quiet(view);
  });

  it('copies how an assumption is confirmed', async () => {
    const answer = answerOf(toBackend);
    const view = await opened(toBackend, answer);
    const { confirm } = answer.assumptions.find((one) => one.confirm !== '') ?? { confirm: '' };
    await view.page
      .getByRole('button', { name: `Copy: ${confirm}` })
      .first()
      .click();
    assert.equal((await view.nextOf('copy')).text, confirm);
    await quiet(view);
  });

  const problems: readonly (readonly [TraceProblem, string, object])[] = [
    [
      { problem: 'Say the port: one of 53/UDP, 9153', code: 'port-needed', choices: ['53/UDP', '9153'] },
      '53/UDP',
      { type: 'trace', request: { ...toBackend, to: 'shop/svc/backend:53', protocol: 'UDP' } },
    ],
    [
      { problem: 'Several scopes', code: 'several-scopes', choices: ['dev', 'prod'] },
      'prod',
      { type: 'trace', request: { ...toBackend, scope: 'prod' } },
    ],
  ];
  for (const [problem, choice, message] of problems) {
    it(`goes on from ${problem.code}`, async () => {
      const view = await browsing.open('trace');
      await show(view, problem, toBackend);
      assert.equal(await view.page.locator('.reason').innerText(), problem.problem);
      await view.page.getByRole('button', { name: choice }).click();
      assert.deepEqual(await view.nextOf('trace'), message);
      assert.equal(await view.page.locator('.steps').isVisible(), false);
      await show(view, answerOf(toBackend), toBackend);
      await view.page.locator('.steps').waitFor();
      await quiet(view);
    });
  }

  it('lets one of many endpoints be chosen from a list', async () => {
    const answer = answerOf(toBackend);
    const [text] = answer.branches;
    const [branch] = answer.trace.branches;
    assert.ok(text !== undefined && branch !== undefined);
    const many: TraceAnswer = {
      ...answer,
      branches: Array.from({ length: 250 }, (_, index) => ({
        ...text,
        label: `pod-${index} 0.4 %`,
        facts: `fact ${index}`,
      })),
      trace: { ...answer.trace, branches: Array.from({ length: 250 }, () => branch) },
    };
    const view = await opened(toBackend, many);
    await view.page.getByLabel('Endpoint').locator('select, :scope').last().selectOption('200');
    await view.page.getByText('fact 200', { exact: false }).waitFor();
    await quiet(view);
  });
});

describe('trace: the page', () => {
  it('has a name for every control, and tabs that the arrow keys turn', async () => {
    const view = await opened();
    const nameless = await view.page
      .locator('button:visible, input:visible, select:visible')
      .evaluateAll((all) =>
        all
          .filter((one) => (one.getAttribute('aria-label') ?? one.textContent ?? '').trim() === '')
          .map((one) => one.outerHTML),
      );
    assert.deepEqual(nameless, []);
    await view.page.getByRole('tab', { name: 'Forward' }).focus();
    await view.page.keyboard.press('ArrowRight');
    assert.equal(await view.page.getByRole('tab', { name: 'Reply' }).getAttribute('aria-selected'), 'true');
    assert.equal(await view.page.evaluate(() => document.activeElement?.id), 'tab-reverse');
    await quiet(view);
  });

  it('keeps what the serializer needs', async () => {
    const view = await opened();
    const kept = (await view.kept()) as { readonly request: TraceRequest };
    assert.deepEqual(kept.request, toBackend);
    await quiet(view);
  });

  it('never scrolls sideways but inside of the picture and the table', async () => {
    const view = await opened(toBackend, answerOf(toBackend), { width: 420, height: 700 });
    await view.page.locator('.branch').nth(1).click();
    const over = await view.page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    assert.equal(over, 0);
    await view.screenshot('trace-narrow');
    await quiet(view);
  });

  for (const theme of ['dark', 'light', 'contrast'] as const) {
    it(`can be looked at in ${theme}`, async () => {
      const view = await opened(toBackend, answerOf(toBackend), { theme });
      await view.page.locator('.branch').nth(1).click();
      await view.page.locator('.path g.node').nth(5).waitFor();
      await view.page.locator('.steps .number').nth(1).click();
      await view.screenshot(`trace-${theme}`);
      await show(view, answerOf(toDatabase), toDatabase, true);
      await view.page.locator('.path g.node.ghost').waitFor();
      await view.screenshot(`trace-denied-${theme}`);
      await quiet(view);
    });
  }
});

describe('trace: verified on the cluster', () => {
  const hostile = '<img src=x onerror=alert(1)>';
  const marks = (count: number): readonly StepMark[] =>
    Array.from({ length: count }, (_, index): StepMark => {
      const verdict = index === 0 ? 'confirmed' : index === 1 ? 'contradicted' : 'not-tested';
      return { verdict, why: `${index} ${hostile}` };
    });

  function verified(answer: TraceAnswer): VerifyAnswer {
    const check = { kind: 'connection', expected: 'connected', seen: hostile, why: hostile } as const;
    return {
      context: hostile,
      where: `pod shop/frontend-1, container app, with bash`,
      verdict: 'contradicted',
      summary: `The cluster contradicts this trace: ${hostile}`,
      checks: [
        { ...check, title: 'Connection to 10.96.14.7:8080', verdict: 'contradicted' },
        { ...check, title: 'Source address', verdict: 'confirmed' },
        { ...check, title: 'Address that the server sees', verdict: 'not-tested', seen: '' },
      ],
      branches: answer.branches.map(({ forward, reverse }) => {
        return { forward: marks(forward.length), reverse: marks(reverse.length) };
      }),
      untested: ['UDP answers nothing by itself'],
      lacksTools: false,
    };
  }

  it('is offered where it may be done, and asks the editor, which asks the user', async () => {
    const view = await opened();
    const offer = view.page.getByRole('button', { name: 'Verify on the cluster…' });
    assert.equal(await offer.count(), 0);
    await show(view, answerOf(toBackend), toBackend, false, { canVerify: true });
    await offer.click();
    assert.deepEqual(await view.nextOf('verify'), { type: 'verify' });
    await quiet(view);
  });

  it('shows each point, and a mark at each step that a screen reader reads, until the trace is another one', async () => {
    const answer = answerOf(toBackend);
    const view = await opened();
    await show(view, answer, toBackend, false, { canVerify: true, verified: verified(answer) });
    const section = view.page.locator('.verified');
    await section.locator('h2').waitFor();
    assert.match(await section.innerText(), /contradicts this trace: <img src=x.*UDP answers nothing.*with bash/s);
    assert.deepEqual(await section.locator('tbody .mark-cell').allInnerTexts(), [
      'contradicted',
      'confirmed',
      'not tested',
    ]);
    const rows = answer.branches[0]?.forward.length ?? 0;
    const labels = await view.page
      .locator('.steps .mark')
      .evaluateAll((all) => all.map((one) => one.getAttribute('aria-label') ?? ''));
    assert.equal(labels.length, rows);
    assert.match(labels[0] ?? '', /^confirmed: 0/);
    assert.match(labels[1] ?? '', /^contradicted: 1/);
    await view.screenshot('trace-verified');
    await view.page.getByRole('tab', { name: 'Reply' }).click();
    assert.equal(await view.page.locator('.steps .mark').count(), answer.branches[0]?.reverse.length);
    await show(view, answer, toBackend, false, { canVerify: true });
    await until(() => section.isHidden(), 'the section is gone');
    assert.equal(await view.page.locator('.steps .mark').count(), 0);
    await quiet(view);
  });
});
