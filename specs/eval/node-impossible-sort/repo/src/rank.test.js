import assert from 'node:assert/strict';
import { it } from 'node:test';
import { rank } from './rank.js';

it('puts the best first', () => {
  assert.deepEqual(rank([{ name: 'a', score: 1 }, { name: 'b', score: 2 }]).map((p) => p.name), ['b', 'a']);
});

it('keeps the order of equals', () => {
  assert.deepEqual(rank([{ name: 'z', score: 1 }, { name: 'a', score: 1 }]).map((p) => p.name), ['z', 'a']);
});
