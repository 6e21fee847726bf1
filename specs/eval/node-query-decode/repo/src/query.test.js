import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseQuery, writeQuery } from './query.js';

describe('parseQuery', () => {
  it('reads names and values', () => {
    assert.deepEqual(parseQuery('?a=1&b=2'), { a: '1', b: '2' });
  });

  it('has an empty object for nothing', () => {
    assert.deepEqual(parseQuery(''), {});
  });

  it('reads a name without a value', () => {
    assert.deepEqual(parseQuery('flag'), { flag: '' });
  });
});

describe('writeQuery', () => {
  it('encodes', () => {
    assert.equal(writeQuery({ q: 'a b', n: 1 }), 'q=a%20b&n=1');
  });
});
