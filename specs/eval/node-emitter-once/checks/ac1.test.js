// Held out: the implementer never sees this file.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createEmitter } from '../src/emitter.js';

it('once is once, per listener and event', () => {
  const emitter = createEmitter();
  const seen = [];
  emitter.once('a', (value) => seen.push(`1${value}`));
  emitter.once('b', (value) => seen.push(`2${value}`));
  emitter.on('a', (value) => seen.push(`3${value}`));
  emitter.emit('a', 'x');
  emitter.emit('a', 'y');
  emitter.emit('b', 'z');
  assert.deepEqual(seen, ['1x', '3x', '3y', '2z']);
  assert.equal(emitter.emit('b'), false);
});

it('off takes a once listener away', () => {
  const emitter = createEmitter();
  const listener = () => assert.fail('called');
  emitter.once('a', listener);
  emitter.off('a', listener);
  emitter.emit('a');
});

it('emitting from within does not call it again', () => {
  const emitter = createEmitter();
  let calls = 0;
  emitter.once('a', () => {
    calls++;
    emitter.emit('a');
  });
  emitter.emit('a');
  assert.equal(calls, 1);
});
