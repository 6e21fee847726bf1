// Held out: the implementer never sees this file.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { parseQuery, writeQuery } from '../src/query.js';

it('decodes names too', () => assert.deepEqual(parseQuery('caf%C3%A9=au+lait'), { 'café': 'au lait' }));
it('keeps an equals sign in a value', () => assert.deepEqual(parseQuery('sum=1%2B1=2'), { sum: '1+1=2' }));
it('reads what it wrote', () => {
  const parameters = { 'a b': 'c&d', e: '=' };
  assert.deepEqual(parseQuery(writeQuery(parameters)), parameters);
});
