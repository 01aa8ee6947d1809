import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AddressBook } from '../../src/engine/model/addressBook.ts';
import { familyOf, formatIp, normalIp, parseCidr, parseIp } from '../../src/engine/model/addresses.ts';

test('the first owner of an address in a block and outside of its exceptions', () => {
  const texts = [
    '10.0.0.9',
    '10.0.0.1',
    '255.255.255.255',
    '0.0.0.0',
    'fd00::1',
    'nonsense',
    '10.0.1.1',
    '::ffff:10.0.0.4',
  ];
  const book = AddressBook.of(texts, (text) => [text]);
  const first = (block: string, ...except: readonly string[]): string | undefined => {
    const [outer, ...inner] = [block, ...except].flatMap((one) => parseCidr(one) ?? []);
    return outer === undefined ? 'no block' : book.firstIn(outer, inner);
  };
  assert.equal(first('10.0.0.0/24'), '10.0.0.1');
  assert.equal(first('10.0.0.0/24', '10.0.0.0/30'), '::ffff:10.0.0.4');
  assert.equal(first('10.0.0.0/24', '10.0.0.0/29', '10.0.0.9/32'), undefined);
  assert.equal(first('10.0.0.0/8', '10.0.0.0/24'), '10.0.1.1');
  assert.equal(first('0.0.0.0/0'), '0.0.0.0');
  assert.equal(first('255.0.0.0/8'), '255.255.255.255');
  assert.equal(first('255.0.0.0/8', '255.255.255.255/32'), undefined);
  assert.equal(first('11.0.0.0/8'), undefined);
  assert.equal(first('fd00::/8'), 'fd00::1');
  assert.equal(first('fd00::/8', 'fd00::/64'), undefined);
});

test('all owners of an address, in their order and however it is written', () => {
  const texts = ['10.0.0.1', 'FD00::1', '::ffff:10.0.0.1', '10.0.0.2', 'fd00:0::1', '10.0.0.01'];
  const book = AddressBook.of(texts, (text) => [text]);
  const at = (text: string): readonly string[] => [parseIp(text) ?? []].flat().flatMap((ip) => book.at(ip));
  assert.deepEqual(at('10.0.0.1'), ['10.0.0.1', '::ffff:10.0.0.1']);
  assert.deepEqual(at('fd00::1'), ['FD00::1', 'fd00:0::1']);
  assert.deepEqual(at('10.0.0.3'), []);
  assert.deepEqual(at('::a00:1'), []);
});

test('owners give way to others; a book with two of one address is made anew', () => {
  const owner = (...ips: readonly string[]): { readonly ips: readonly string[] } => ({ ips });
  const [one, two, both] = [owner('10.0.0.1'), owner('10.0.0.2'), owner('10.0.0.9', 'fd00::9')];
  const book = AddressBook.of([one, two, both], ({ ips }) => ips);
  const at = (text: string, of = book): readonly unknown[] => [parseIp(text) ?? []].flat().flatMap((ip) => of.at(ip));
  const [next, last] = [owner('10.0.0.2', 'fd00::1'), owner('10.0.1.1')];
  const after = book.exchanging([two, both], [next, last]);
  assert.ok(after !== undefined);
  assert.deepEqual(
    ['10.0.0.1', '10.0.0.2', '10.0.0.9', 'fd00::9', 'fd00::1', '10.0.1.1'].map((ip) => at(ip, after)),
    [[one], [next], [], [], [next], [last]],
  );
  assert.deepEqual(at('10.0.0.9'), [both]);
  assert.equal(book.exchanging([], [owner('10.0.0.2')]), undefined);
  assert.equal(book.exchanging([one], [owner('fd00::9')]), undefined);
});

test('addresses are read as Go reads them', () => {
  const read = (text: string): string | undefined => {
    const ip = parseIp(text);
    return ip && formatIp(ip);
  };
  for (const text of ['0.0.0.0', '10.244.1.7', '192.168.100.200', '255.255.255.255']) {
    assert.equal(read(text), text);
    assert.equal(normalIp(text), text);
  }
  const wrong = ['', '.', '1.2.3', '1.2.3.', '.1.2.3', '1..2.3', '1.2.3.4.5', '01.2.3.4', '1.2.3.00', '256.0.0.1'];
  for (const text of [...wrong, '1.2.3.4 ', '1.2.3.a', '1.2.3.-4', '1.2.3.4/24', '٣.2.3.4', '1:2', '::1%eth0', ':::']) {
    assert.equal(read(text), undefined, text);
    assert.equal(familyOf(text), undefined, text);
    assert.equal(normalIp(text), text);
  }
  assert.equal(read('::ffff:1.2.3.4'), '1.2.3.4');
  assert.equal(read('64:ff9b::192.0.2.255'), '64:ff9b::c000:2ff');
  assert.equal(normalIp('FD00:0:0::00A'), 'fd00::a');
});
