import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { AnalysisHost, type GraphAnswer, type GraphChange, type GraphNode } from '../../src/engine/index.ts';
import { answerOf, graphOf, hostileLabels, inspectOf, manyBoxes, request, shopAnalysis } from './fixtures.ts';
import { Browsing, until, type ViewPage } from './viewPage.ts';

const drawn = '.surface > svg:not(.minimap) g.node';
const shop = shopAnalysis();
const backend = 'Deployment/shop/backend';

let browsing: Browsing;
before(async () => {
  browsing = await Browsing.start();
});
after(() => browsing.stop());

/** Shows an answer and waits until all of its boxes are drawn. */
async function show(
  view: ViewPage,
  answer: GraphAnswer,
  change: Partial<typeof request> = {},
  pending = 0,
): Promise<void> {
  await view.send({ type: 'graph', answer, request: { ...request, ...change }, pending });
  const wanted = JSON.stringify(answer.nodes.map(({ id }) => id).toSorted());
  const seen = () =>
    view.page.locator(drawn).evaluateAll((all) => all.map((one) => (one as SVGElement).dataset['id'] ?? '').toSorted());
  await until(async () => JSON.stringify(await seen()) === wanted, `${answer.nodes.length} boxes are drawn`);
}

async function opened(
  answer: GraphAnswer = graphOf(shop),
  opening: Parameters<Browsing['open']>[1] = {},
): Promise<ViewPage> {
  const view = await browsing.open('topology', opening);
  await show(view, answer);
  return view;
}

function box(view: ViewPage, id: string) {
  return view.page.locator(`${drawn}[data-id="${id}"]`);
}

/** Where every box is seen. */
function places(view: ViewPage): Promise<Record<string, readonly number[]>> {
  return view.page.evaluate((selector) => {
    const boxes = [...document.querySelectorAll<SVGGElement>(selector)];
    return Object.fromEntries(
      boxes.map((one) => {
        const { x, y, width, height } = (one.querySelector('rect') ?? one).getBoundingClientRect();
        return [one.dataset['id'] ?? '', [x, y, width, height]];
      }),
    );
  }, drawn);
}

async function quiet(view: ViewPage): Promise<void> {
  assert.deepEqual(await view.complaints(), []);
  await view.close();
}

describe('topology: drawing', () => {
  it('draws the example with its kinds, names and arrows, and complains of nothing', async () => {
    const answer = graphOf(shop);
    const view = await opened(answer);
    const texts = await view.page.locator(`${drawn} .nodeLabel p`).allInnerTexts();
    assert.deepEqual(
      texts.toSorted(),
      answer.nodes
        .map(({ title, label, replicas }) => `${title}${replicas === undefined ? '' : ` ×${replicas}`}\n${label}`)
        .toSorted(),
    );
    assert.equal((await view.page.locator('.flowchart-link[class*="edge-"]').count()) > 0, true);
    assert.equal(await view.page.locator('.surface .hit').count(), answer.edges.length);
    assert.equal(await view.page.locator('.surface g.cluster').count(), 1);
    await quiet(view);
  });

  for (const count of [3, 40, 80]) {
    it(`draws ${count} boxes and all of their arrows`, async () => {
      const answer = manyBoxes(count);
      const view = await opened(answer);
      assert.equal(await view.page.locator('.surface .hit').count(), answer.edges.length);
      assert.equal(
        await view.page
          .locator('.footer')
          .innerText()
          .then((text) => text.includes(`${count} boxes`)),
        true,
      );
      await quiet(view);
    });
  }

  it('asks before it draws more than 80 boxes, and never draws more than 150', async () => {
    const view = await browsing.open('topology');
    await view.send({ type: 'graph', answer: manyBoxes(81), request, pending: 0 });
    await view.page.locator('.box-list tbody tr').nth(80).waitFor();
    assert.equal(await view.page.locator(drawn).count(), 0);
    await view.page.getByRole('button', { name: 'Draw anyway' }).click();
    await until(async () => (await view.page.locator(drawn).count()) === 81, '81 boxes are drawn');
    await view.send({ type: 'graph', answer: manyBoxes(151), request, pending: 0 });
    await view.page.locator('.box-list tbody tr').nth(150).waitFor();
    assert.equal(await view.page.locator(drawn).count(), 0);
    assert.equal(await view.page.getByRole('button', { name: 'Draw anyway' }).count(), 0);
    await quiet(view);
  });

  it('says so where there is nothing to draw', async () => {
    const view = await browsing.open('topology');
    await view.send({ type: 'graph', answer: answerOf([], []), request, pending: 0 });
    await view.page.getByRole('heading', { name: 'Nothing to draw' }).waitFor();
    await quiet(view);
  });

  it('ignores messages that are none of ours, and logs them', async () => {
    const view = await opened();
    await view.page.evaluate(() => {
      window.postMessage({ type: 'graph', answer: { nodes: 'x' }, request: {}, pending: 0 }, '*');
      window.postMessage({ type: 'constructor' }, '*');
      window.postMessage('text', '*');
    });
    const { message } = await view.nextOf('log');
    assert.match(message, /graph/);
    assert.equal(await view.page.locator(drawn).count(), 9);
    await quiet(view);
  });
});

describe('topology: hostile labels', () => {
  it('shows every label literally, forges no box, loads nothing and runs nothing', async () => {
    const nodes: GraphNode[] = hostileLabels.map((label, index) => ({
      id: `Service/ns/${index}`,
      kind: 'service',
      namespace: index % 2 === 0 ? label : 'plain',
      name: label,
      title: 'Service',
      label,
      problems: 0,
    }));
    const edges = nodes.slice(1).map(({ id }, index) => {
      return { from: nodes[0]?.id ?? '', to: id, kind: 'allows', ports: hostileLabels[index] ?? '' } as const;
    });
    const view = await opened(answerOf(nodes, edges));
    const texts = await view.page
      .locator(`${drawn} .nodeLabel p`)
      .evaluateAll((all) => all.map((one) => one.lastChild?.textContent));
    assert.deepEqual(texts.toSorted(), [...hostileLabels].toSorted());
    const lanes = await view.page.locator('g.cluster-label p').allTextContents();
    const even = hostileLabels.filter((_, index) => index % 2 === 0).map((label) => `namespace ${label}`);
    assert.deepEqual(lanes.toSorted(), [...even, 'namespace plain'].toSorted());
    assert.equal(await view.page.locator('.surface .hit').count(), edges.length);
    await box(view, 'Service/ns/0').click();
    const labels = await view.page.locator('.overlay-label').allTextContents();
    assert.deepEqual(labels.toSorted(), hostileLabels.slice(0, edges.length).toSorted());
    for (const tag of ['img', 'script:not([nonce]):not(#l10n)', 'iframe', 'a', 'image', 'style:not(head style)'])
      assert.equal(await view.page.locator(`#app ${tag}`).count(), 0, tag);
    assert.equal(await view.page.evaluate(() => 'pwned' in window), false);
    await quiet(view);
  });
});

describe('topology: selecting', () => {
  it('asks what is known of the box that is pressed, shows it, and lays over it who is denied', async () => {
    const view = await opened();
    await box(view, backend).click();
    assert.deepEqual(await view.nextOf('inspect'), { type: 'inspect', box: backend });
    const answer = inspectOf(shop, backend);
    assert.ok(answer !== null && answer.deniedFrom.length > 0);
    await view.send({ type: 'inspect', answer });
    const side = view.page.getByRole('complementary', { name: 'Inspector' });
    await side.getByText('app=backend').waitFor();
    assert.equal(await view.page.locator('.overlay-line.denied').count(), answer.deniedFrom.length);
    await side.getByRole('button', { name: 'NetworkPolicy shop/allow-frontend' }).click();
    assert.match((await view.nextOf('open')).location.uri, /policies\.yaml$/);
    await side.getByRole('button', { name: 'Trace from' }).click();
    assert.deepEqual(await view.nextOf('pickTrace'), { type: 'pickTrace', from: 'shop/Deployment/backend' });
    await view.page.keyboard.press('Escape');
    await side.waitFor({ state: 'hidden' });
    assert.equal(await view.page.locator('.overlay-line').count(), 0);
    await quiet(view);
  });

  /** The boxes that lines laid over the picture run across. */
  function covered(view: ViewPage): Promise<readonly string[]> {
    return view.page.evaluate((selector) => {
      const boxes = [...document.querySelectorAll<SVGGElement>(selector)].map((one) => ({
        id: one.dataset['id'] ?? '',
        rect: (one.querySelector('rect') ?? one).getBoundingClientRect(),
      }));
      return [...document.querySelectorAll<SVGPathElement>('.overlay-line')].flatMap((line) => {
        const matrix = line.getScreenCTM() ?? new DOMMatrix();
        const length = line.getTotalLength();
        const points = Array.from({ length: 60 }, (_, index) =>
          line.getPointAtLength((length * (index + 2)) / 64).matrixTransform(matrix),
        );
        return points.flatMap(({ x, y }) =>
          boxes
            .filter(({ rect }) => x > rect.left + 1 && x < rect.right - 1 && y > rect.top + 1 && y < rect.bottom - 1)
            .map((one) => one.id),
        );
      });
    }, drawn);
  }

  it('lays no line over a box that it has nothing to do with', async () => {
    const view = await opened();
    const id = 'Deployment/shop/frontend';
    await box(view, id).click();
    await view.send({ type: 'inspect', answer: inspectOf(shop, id) });
    await view.page.locator('.overlay-line.denied').nth(1).waitFor({ state: 'attached' });
    assert.deepEqual(await covered(view), []);
    await view.screenshot('topology-denied');
    await quiet(view);
  });

  it('goes around boxes also where they stand above each other', async () => {
    const pod = (name: string) =>
      `apiVersion: v1\nkind: Pod\nmetadata: {name: ${name}, namespace: shop, labels: {app: ${name}}}\nspec: {containers: [{name: c, image: c}]}\n`;
    const service =
      'apiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: shop}\nspec: {selector: {app: a}, ports: [{port: 80}]}\n';
    const text = [...['a', 'b', 'c', 'd'].map(pod), service].join('---\n');
    const analysis = new AnalysisHost().apply({
      folders: [{ uri: 'w', name: 'w' }],
      saved: [{ uri: 'w/a.yaml', text }],
    });
    const view = await opened(graphOf(analysis));
    await box(view, 'Pod/shop/a').click();
    await view.send({ type: 'inspect', answer: inspectOf(analysis, 'Pod/shop/a') });
    await view.page.locator('.overlay-line.may').nth(5).waitFor({ state: 'attached' });
    assert.deepEqual(await covered(view), []);
    await view.screenshot('topology-stacked');
    await quiet(view);
  });

  it('keeps the picture in sight when the inspector takes its room, and fades nobody who is spoken of', async () => {
    const view = await opened(graphOf(shop), { width: 520, height: 800 });
    const id = 'StatefulSet/shop/db';
    const search = view.page.getByPlaceholder('Find a box');
    await search.fill('StatefulSet');
    await search.press('Enter');
    await view.send({ type: 'inspect', answer: inspectOf(shop, id) });
    await view.page.locator('.inspector-content h3').first().waitFor();
    const seen = async () => {
      const room = await view.page.locator('.surface').boundingBox();
      const lane = await view.page.locator('g.cluster').first().boundingBox();
      return room !== null && lane !== null && lane.y >= room.y && lane.y + lane.height <= room.y + room.height;
    };
    await until(seen, 'the lane stands in the room that is left');
    const opacity = await box(view, 'Deployment/shop/frontend')
      .locator('.label')
      .first()
      .evaluate((one) => getComputedStyle(one).opacity);
    assert.equal(opacity, '1', 'it is denied, and its line leads there');
    await view.screenshot('topology-narrow-selected');
    await quiet(view);
  });

  it('hides what is denied where the user does not want it', async () => {
    const view = await opened();
    await box(view, backend).click();
    await view.send({ type: 'inspect', answer: inspectOf(shop, backend) });
    await view.page.locator('.overlay-line.denied').first().waitFor();
    await view.page.getByRole('button', { name: 'Arrows', exact: true }).click();
    await view.page.getByLabel('denied, for the selected box').uncheck();
    assert.equal(await view.page.locator('.overlay-line.denied').count(), 0);
    await quiet(view);
  });

  it('asks for the boxes next to one, and unfolds a fold', async () => {
    const answer = graphOf(shop);
    const fold: GraphNode = {
      id: 'fold/other',
      kind: 'fold',
      namespace: 'other',
      name: 'other',
      title: '+12 workloads',
      label: 'other',
      problems: 0,
    };
    const view = await opened(answerOf([...answer.nodes, fold], answer.edges));
    await box(view, fold.id).focus();
    await view.page.keyboard.press('Enter');
    assert.deepEqual((await view.nextOf('graph')).request.unfolded, ['fold/other']);
    await box(view, backend).click();
    await view.page.getByRole('button', { name: 'Neighbours' }).click();
    assert.deepEqual((await view.nextOf('graph')).request.around, { box: backend });
    await view.page.getByRole('button', { name: 'Show everything' }).click();
    assert.equal('around' in (await view.nextOf('graph')).request, false);
    await quiet(view);
  });
});

describe('topology: what the editor shows', () => {
  it('selects the box that the editor asks for around, once the picture is there', async () => {
    const view = await browsing.open('topology');
    const change = { around: { box: backend } };
    await view.send({ type: 'graph', answer: graphOf(shop, change), request: { ...request, ...change }, pending: 0 });
    await view.send({ type: 'inspect', answer: inspectOf(shop, backend) });
    assert.equal((await view.nextOf('inspect')).box, backend);
    await view.page.locator(`${drawn}.selected[data-id="${backend}"]`).waitFor();
    await view.page.getByText('Around Deployment/shop/backend').waitFor();
    await quiet(view);
  });

  it('does not open the inspector again that the user has closed', async () => {
    const view = await opened();
    await box(view, backend).click();
    await view.send({ type: 'inspect', answer: inspectOf(shop, backend) });
    await view.page.locator('.talk').first().waitFor();
    await view.page.keyboard.press('Escape');
    await view.send({ type: 'inspect', answer: inspectOf(shop, backend) });
    await view.send({ type: 'stale', changes: 1, edits: [] });
    await view.page.getByRole('button', { name: '1 change' }).waitFor();
    assert.equal(await view.page.getByRole('complementary').isVisible(), false);
    await quiet(view);
  });

  it('keeps the view when the same is drawn again, and fits it when something else is', async () => {
    const answer = graphOf(shop);
    const view = await opened(answer);
    await view.page.keyboard.press('+');
    const scale = () =>
      view.page
        .locator('g.viewport')
        .getAttribute('transform')
        .then((text) => text?.split('scale')[1]);
    const zoomed = await scale();
    const more = answerOf(answer.nodes.slice(1), []);
    await show(view, more);
    assert.equal(await scale(), zoomed);
    await show(view, answer, { level: 'namespace' });
    assert.notEqual(await scale(), zoomed);
    await quiet(view);
  });
});

describe('topology: keyboard and screen reader', () => {
  it('gives every box a role and a name, and lets Tab reach one of them', async () => {
    const view = await opened();
    const boxes = await view.page
      .locator(drawn)
      .evaluateAll((all) =>
        all.map((one) => [
          one.getAttribute('role'),
          one.getAttribute('aria-label') ?? '',
          one.getAttribute('tabindex'),
        ]),
      );
    for (const [role, name] of boxes) {
      assert.equal(role, 'button');
      assert.match(name ?? '', /^(Outside|Ingress|Service|Deployment|StatefulSet) .+ arrows? in, \d+ out/);
    }
    assert.equal(boxes.filter(([, , tabindex]) => tabindex === '0').length, 1);
    assert.match(boxes.map(([, name]) => name).join('\n'), /Deployment backend, namespace shop, 3 of 3 pods ready/);
    await quiet(view);
  });

  it('names every control', async () => {
    const view = await opened();
    await box(view, backend).click();
    await view.send({ type: 'inspect', answer: inspectOf(shop, backend) });
    await view.page.locator('.talk').first().waitFor();
    const nameless = await view.page.locator('button, input, select').evaluateAll((all) =>
      all
        .filter((one) => {
          const label = one.getAttribute('aria-label') ?? one.closest('label')?.textContent ?? one.textContent ?? '';
          return label.trim() === '' && !one.hasAttribute('hidden') && (one as HTMLElement).offsetParent !== null;
        })
        .map((one) => one.outerHTML),
    );
    assert.deepEqual(nameless, []);
    await quiet(view);
  });

  it('walks with the arrow keys, inspects with Enter, zooms with + and -, 0 and F', async () => {
    const view = await opened();
    const focused = () => view.page.evaluate(() => (document.activeElement as SVGElement | null)?.dataset['id']);
    await box(view, 'outside').focus();
    await view.page.keyboard.press('ArrowRight');
    const next = await focused();
    assert.notEqual(next, 'outside');
    await view.page.keyboard.press('ArrowLeft');
    assert.equal(await focused(), 'outside');
    await view.page.keyboard.press('End');
    await view.page.keyboard.press('Enter');
    assert.equal((await view.nextOf('inspect')).box, await focused());
    const scale = () =>
      view.page
        .locator('g.viewport')
        .getAttribute('transform')
        .then((text) => Number(/scale\(([\d.]+)\)/.exec(text ?? '')?.[1]));
    await view.page.keyboard.press('0');
    assert.equal(await scale(), 1);
    await view.page.keyboard.press('+');
    assert.equal(await scale(), 1.25);
    await view.page.keyboard.press('-');
    await view.page.keyboard.press('-');
    assert.equal(await scale(), 0.8);
    await view.page.keyboard.press('f');
    assert.ok((await scale()) <= 1);
    await quiet(view);
  });

  it('finds boxes: the others fade, Enter goes to the next one', async () => {
    const view = await opened();
    await view.page.keyboard.press('/');
    await view.page.keyboard.type('db');
    assert.equal(await view.page.locator(`${drawn}.found`).count(), 2);
    assert.equal(await view.page.locator('.found-count').innerText(), '2 found');
    await view.page.keyboard.press('Enter');
    const first = (await view.nextOf('inspect')).box;
    await view.page.keyboard.press('Enter');
    const second = (await view.nextOf('inspect')).box;
    assert.deepEqual([first, second].toSorted(), ['Service/shop/db', 'StatefulSet/shop/db']);
    await view.page.keyboard.press('Escape');
    assert.equal(await view.page.locator(`${drawn}.found`).count(), 0);
    await quiet(view);
  });
});

describe('topology: changes', () => {
  it('changes counts and problems in place: nothing moves by a pixel', async () => {
    const answer = graphOf(shop);
    const view = await opened(answer);
    const before = await places(view);
    const nodes = answer.nodes.map((one) => (one.id === backend ? { ...one, ready: 1, problems: 2 } : one));
    await view.page.locator('g.viewport').evaluate((one) => one.setAttribute('data-same', ''));
    await view.send({ type: 'graph', answer: answerOf(nodes, answer.edges), request, pending: 0 });
    await box(view, backend).getByText('Deployment 1/3').waitFor();
    assert.deepEqual(await places(view), before);
    assert.equal(await view.page.locator('g.viewport[data-same]').count(), 1, 'it was drawn again');
    assert.match((await box(view, backend).getAttribute('aria-label')) ?? '', /1 of 3 pods ready, 2 problems/);
    assert.equal(await box(view, backend).locator('.problem-badge text').textContent(), '2');
    await quiet(view);
  });

  it('keeps the selected box where it is when the structure changes', async () => {
    const answer = graphOf(shop);
    const view = await opened(answer);
    await box(view, backend).click();
    await view.nextOf('inspect');
    await view.page.waitForTimeout(100);
    const before = (await places(view))[backend];
    const more: GraphNode[] = ['cart', 'search'].map((name) => ({
      id: `Deployment/shop/${name}`,
      kind: 'workload',
      namespace: 'shop',
      name,
      title: 'Deployment',
      label: name,
      problems: 0,
    }));
    const edges = more.map(({ id }) => ({ from: id, to: backend, kind: 'allows', ports: '' }) as const);
    await show(view, answerOf([...more, ...answer.nodes], [...edges, ...answer.edges]));
    const after = (await places(view))[backend];
    const moved = [0, 1].map((axis) => Math.abs((before?.[axis] ?? Number.NaN) - (after?.[axis] ?? Number.NaN)));
    assert.ok(
      moved.every((distance) => distance < 1),
      `it moved by ${moved}`,
    );
    await quiet(view);
  });

  it('shows a pill when what is drawn is old, and asks again when it is pressed', async () => {
    const view = await opened();
    await view.send({ type: 'stale', changes: 3, edits: [] });
    await view.page.getByRole('button', { name: '3 changes' }).click();
    assert.deepEqual((await view.nextOf('graph')).request, request);
    await show(view, graphOf(shop));
    await view.page.getByRole('button', { name: '3 changes' }).waitFor({ state: 'hidden' });
    await quiet(view);
  });

  it('shows what unsaved edits open and close, also while the picture is old', async () => {
    const answer = graphOf(shop);
    const view = await opened(answer);
    const [arrow] = answer.edges.filter(({ kind }) => kind === 'allows');
    assert.ok(arrow !== undefined);
    const { from, to } = arrow;
    const edits: readonly GraphChange[] = [
      { from: to, to: from, kind: 'closes', ports: 'TCP 80' },
      { from, to, kind: 'opens', ports: 'TCP 81' },
    ];
    assert.equal(await view.page.getByRole('button', { name: /^Changes/ }).isVisible(), false);
    await view.send({ type: 'stale', changes: 1, edits });
    await view.page.getByRole('button', { name: 'Changes (2)' }).click();
    assert.equal(await view.page.locator('.overlay-line.closed').count(), 1);
    assert.equal(await view.page.locator('.flowchart-link.opened').count(), 1);
    await view.send({ type: 'graph', answer: { ...answer, changes: edits.slice(0, 1) }, request, pending: 0 });
    await view.page.getByRole('button', { name: 'Changes (1)' }).waitFor();
    await view.page.locator('.flowchart-link.opened').waitFor({ state: 'detached' });
    await quiet(view);
  });

  it('shows them at once where the list of changes leads to the picture', async () => {
    const answer = graphOf(shop);
    const [arrow] = answer.edges.filter(({ kind }) => kind === 'allows');
    assert.ok(arrow !== undefined);
    const view = await opened({ ...answer, changes: [{ ...arrow, kind: 'closes' }] });
    await view.send({ type: 'showChanges' });
    await view.page.locator('.overlay-line.closed').waitFor();
    await quiet(view);
  });
});

describe('topology: tool bar', () => {
  it('asks for another level, for some namespaces and for some arrows', async () => {
    const view = await opened();
    await view.page.getByLabel('Level').selectOption('pod');
    assert.equal((await view.nextOf('graph')).request.level, 'pod');
    await show(view, manyBoxes(20), { level: 'pod' });
    await view.page.getByRole('button', { name: 'Namespaces' }).click();
    await view.page.getByRole('checkbox', { name: 'team-0' }).uncheck();
    assert.deepEqual((await view.nextOf('graph')).request.namespaces, ['team-1']);
    await view.page.keyboard.press('Escape');
    await view.page.getByRole('button', { name: 'Arrows', exact: true }).click();
    await view.page.getByLabel('routes to').uncheck();
    assert.deepEqual((await view.nextOf('graph')).request.edges, ['selects', 'allows']);
    await quiet(view);
  });

  it('copies and saves: Mermaid, Markdown, a picture that needs no browser, and PNG', async () => {
    const answer = graphOf(shop);
    const view = await opened(answer);
    const choose = async (name: string) => {
      await view.page.getByRole('button', { name: 'Export' }).click();
      await view.page.getByRole('button', { name }).click();
    };
    await choose('Copy as Mermaid');
    assert.equal((await view.nextOf('copy')).text, answer.mermaid);
    await choose('Copy as Markdown');
    assert.equal((await view.nextOf('copy')).text, `\`\`\`mermaid\n${answer.mermaid}\`\`\`\n`);
    await choose('Save as SVG');
    const svg = await view.nextOf('save');
    assert.equal(svg.name, 'topology.svg');
    assert.doesNotMatch(svg.text, /foreignObject|var\(|<style|class=/);
    assert.match(svg.text, />frontend-nodeport<\/text>/);
    assert.equal(svg.text.match(/>Deployment ×\d<\/text>/g)?.length, 2);
    await choose('Save as PNG');
    const png = await view.nextOf('save');
    assert.equal(png.base64, true);
    assert.equal(Buffer.from(png.text, 'base64').subarray(1, 4).toString(), 'PNG');
    assert.ok(png.text.length > 20_000);
    await quiet(view);
  });

  it('shows the same as a list', async () => {
    const answer = graphOf(shop);
    const view = await opened(answer);
    await view.page.getByRole('button', { name: 'Show as a list' }).click();
    assert.equal(await view.page.locator('.box-list tbody tr').count(), answer.nodes.length);
    await view.page.locator('.box-list').getByRole('button', { name: 'backend' }).first().click();
    assert.match((await view.nextOf('inspect')).box, /backend$/);
    await view.page.getByRole('button', { name: 'Show as a list' }).click();
    await box(view, backend).waitFor();
    await quiet(view);
  });
});

describe('topology: the page', () => {
  it('comes back as it was', async () => {
    const view = await opened();
    await view.page.keyboard.press('+');
    await box(view, backend).click();
    await view.nextOf('inspect');
    await view.page.waitForTimeout(100);
    const state = await view.kept();
    const transform = await view.page.locator('g.viewport').getAttribute('transform');
    await view.close();
    const again = await opened(graphOf(shop), { state: state as object });
    assert.equal((await again.nextOf('inspect')).box, backend);
    await again.page.waitForTimeout(100);
    assert.equal(await again.page.locator('g.viewport').getAttribute('transform'), transform);
    await quiet(again);
  });

  it('takes another theme without drawing again', async () => {
    const view = await opened();
    const stroke = () =>
      box(view, backend)
        .locator('rect')
        .first()
        .evaluate((one) => getComputedStyle(one).stroke);
    const before = await stroke();
    await view.page.evaluate(() => {
      document.documentElement.style.setProperty('--vscode-charts-green', '#123456');
      document.body.className = 'vscode-light';
    });
    assert.notEqual(await stroke(), before);
    assert.equal(await stroke(), 'rgb(18, 52, 86)');
    await quiet(view);
  });

  it('speaks the language that it is given', async () => {
    const view = await opened(graphOf(shop), {
      words: { Namespaces: '名前空間', '{0} boxes': '{0} 箱', '{0} arrows': '{0} 矢' },
    });
    await view.page.getByRole('button', { name: '名前空間' }).waitFor();
    assert.match(await view.page.locator('.footer').innerText(), /9 箱/);
    await quiet(view);
  });

  it('moves with the wheel and with a drag, and the map goes where it is pressed', async () => {
    const view = await opened(manyBoxes(80));
    const at = () => view.page.locator('g.viewport').getAttribute('transform');
    const seen = [await at()];
    await view.page.mouse.move(600, 600);
    await view.page.mouse.wheel(0, 50);
    await until(async () => (await at()) !== seen[0], 'the wheel moves the picture');
    seen.push(await at());
    await view.page.mouse.down();
    await view.page.mouse.move(500, 550, { steps: 3 });
    await view.page.mouse.up();
    seen.push(await at());
    await view.page.locator('.minimap').click({ position: { x: 190, y: 64 } });
    seen.push(await at());
    assert.equal(new Set(seen).size, seen.length);
    await quiet(view);
  });

  for (const theme of ['dark', 'light', 'contrast'] as const) {
    it(`can be looked at in ${theme}`, async () => {
      const view = await opened(graphOf(shop), { theme });
      await box(view, backend).click();
      await view.send({ type: 'inspect', answer: inspectOf(shop, backend) });
      await view.page.locator('.overlay-line.denied').first().waitFor();
      await view.screenshot(`topology-${theme}`);
      await quiet(view);
    });
  }
});

describe('topology: more arrows than one can follow', () => {
  /** Boxes of one lane, each of which may connect to every other one. */
  function crowded(kind: 'workload' | 'fold', count: number): GraphAnswer {
    const nodes = Array.from({ length: count }, (_, index): GraphNode => {
      const name = `app-${index}`;
      return {
        id: name,
        kind,
        namespace: kind === 'fold' ? '' : 'team',
        name,
        title: 'Deployment',
        label: name,
        problems: 0,
      };
    });
    const pairs = nodes.flatMap((from) => nodes.map((to) => ({ from: from.id, to: to.id })));
    const others = pairs.filter(({ from, to }) => from !== to);
    return answerOf(
      nodes,
      others.map((one) => ({ ...one, kind: 'allows', ports: 'TCP 80' })),
    );
  }

  it('what may connect is drawn for the selected box, or for the one that is pointed at; all of it on demand', async () => {
    const view = await opened(crowded('workload', 8));
    const lines = view.page.locator('.overlay-line.may');
    assert.equal(await view.page.locator('path.hit').count(), 0);
    assert.match(await view.page.locator('.footer').innerText(), /56 arrows are shown for the box that is selected/);
    assert.match((await box(view, 'app-3').getAttribute('aria-label')) ?? '', /7 arrows in, 7 out/);
    await box(view, 'app-3').hover();
    assert.equal(await lines.count(), 14);
    await view.page.mouse.move(5, 5);
    await until(async () => (await lines.count()) === 0, 'the lines are gone');
    await box(view, 'app-2').click();
    assert.equal(await lines.count(), 14);
    await box(view, 'app-5').hover();
    assert.equal(await lines.count(), 14, 'the selected box keeps its lines');
    await view.page.getByRole('button', { name: 'Draw all' }).click();
    await view.page.locator('path.hit').first().waitFor({ state: 'attached' });
    assert.equal(await view.page.locator('path.hit').count(), 56);
    assert.equal(((await view.kept()) as { allArrows: boolean }).allArrows, true);
    await quiet(view);
  });

  it('boxes that nothing joins stand in rows, not in one long column', async () => {
    const view = await opened({ ...answerOf(crowded('fold', 40).nodes, []), hidden: 400 });
    const rects = await view.page
      .locator(drawn)
      .evaluateAll((all) => all.map((one) => one.getBoundingClientRect()).map(({ x, y }) => ({ x, y })));
    assert.equal(rects.length, 40);
    assert.equal(new Set(rects.map(({ x }) => Math.round(x / 40))).size, 5);
    assert.ok(new Set(rects.map(({ y }) => Math.round(y))).size <= 10, 'about eight rows');
    await view.screenshot('topology-folds');
    await quiet(view);
  });

  it('an overview of folds keeps the arrows inside of what is open, and shows the others where one points', async () => {
    const { nodes: folds } = crowded('fold', 30);
    const inside = ['web', 'api'].map((name): GraphNode => {
      const kind = name === 'web' ? 'service' : 'workload';
      return { id: name, kind, namespace: 'team', name, title: kind, label: name, problems: 0 };
    });
    const edges = [
      { from: 'web', to: 'api', kind: 'selects', ports: '80' } as const,
      ...folds.map(({ id }) => ({ from: id, to: 'web', kind: 'routes', ports: '80' }) as const),
    ];
    const view = await opened(answerOf([...inside, ...folds], edges));
    assert.equal(await view.page.locator('path.hit').count(), 1);
    await box(view, 'app-4').hover();
    await view.page.locator('.overlay-line.way').waitFor({ state: 'attached' });
    assert.equal(await view.page.locator('.overlay-line.way').count(), 1);
    await quiet(view);
  });

  it('the first picture can be read: its words are not much smaller than those of the editor', async () => {
    const view = await opened(crowded('workload', 8), { width: 420, height: 500 });
    const width = await box(view, 'app-0').evaluate((one) => {
      const { a } = (one as SVGGElement).getScreenCTM() ?? new DOMMatrix();
      return a;
    });
    assert.ok(width >= 0.7, `${width}`);
    await quiet(view);
  });
});
