import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createEmitter } from './emitter.js';

it('calls every listener with the values', () => {
  const emitter = createEmitter();
  const seen = [];
  emitter.on('tick', (value) => seen.push(['a', value]));
  emitter.on('tick', (value) => seen.push(['b', value]));
  emitter.emit('tick', 1);
  assert.deepEqual(seen, [['a', 1], ['b', 1]]);
});

it('calls nobody after off', () => {
  const emitter = createEmitter();
  const listener = () => assert.fail('called');
  emitter.on('tick', listener);
  emitter.off('tick', listener);
  assert.equal(emitter.emit('tick'), false);
});

it('tells whether anyone listened', () => {
  const emitter = createEmitter();
  emitter.once('tick', () => {});
  assert.equal(emitter.emit('tick'), true);
});
