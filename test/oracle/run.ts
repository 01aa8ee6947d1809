import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { disagreement, families } from './random/compare.ts';
import { runOracle } from './runOracle.ts';

/** `npm run -s oracle -- DIR… [--only SUITE] [--features np] [--json] [--answers FILE]`, or `-- --random N [--from SEED]` */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string' },
    features: { type: 'string' },
    json: { type: 'boolean', default: false },
    answers: { type: 'string' },
    random: { type: 'string' },
    from: { type: 'string', default: '1' },
  },
});

if (values.random !== undefined) {
  const first = Number(values.from);
  const last = first + Number(values.random);
  for (const family of families) {
    for (let seed = first; seed < last; seed++) {
      const found = disagreement(family, seed);
      if (found === undefined) continue;
      console.log(found);
      process.exit(1);
    }
    console.log(`${family.name}, seeds ${first} to ${last - 1}: the engine and the literal evaluator agree`);
  }
  process.exit(0);
}
if (positionals.length === 0) {
  console.error('usage: npm run -s oracle -- DIR… [--only SUITE] [--features np] [--json] [--answers FILE]');
  process.exit(2);
}
const suites = runOracle(positionals, values);
if (values.answers !== undefined) {
  const answers = Object.fromEntries(
    suites.map(({ suite, results }) => [suite, Object.fromEntries(results.map((one) => [one.case, one.answer]))]),
  );
  writeFileSync(values.answers, `${JSON.stringify(answers, null, 1)}\n`);
}
if (values.json) {
  console.log(JSON.stringify({ suites: suites.map(({ results: _, ...rest }) => rest) }, null, 1));
} else {
  for (const { suite, cases, agree, disagree, notModelled, failures } of suites) {
    const share = cases === 0 ? '' : ` ${((100 * agree) / cases).toFixed(1)} %`;
    console.log(`${suite}: ${cases} cases, ${agree} agree, ${disagree} disagree, ${notModelled} not modelled${share}`);
    for (const { case: name, why } of failures.slice(0, 10)) console.log(`  ${name}: ${why.slice(0, 300)}`);
  }
}
