import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AddressBook } from '../../src/engine/model/addressBook.ts';
import { parseCidr } from '../../src/engine/model/addresses.ts';

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
  const book = new AddressBook(texts, (text) => [text]);
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
