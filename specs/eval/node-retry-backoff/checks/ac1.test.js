// Held out: the implementer never sees this file.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { retry } from '../src/retry.js';

const waitsOf = async (options) => {
  const waits = [];
  await assert.rejects(retry(() => Promise.reject(new Error('no')), { ...options, sleep: (ms) => void waits.push(ms) }));
  return waits;
};

it('doubles', async () => assert.deepEqual(await waitsOf({ tries: 6, waitMs: 10 }), [10, 20, 40, 80, 160]));
it('stops at the ceiling', async () => assert.deepEqual(await waitsOf({ tries: 5, waitMs: 10, maxWaitMs: 25 }), [10, 20, 25, 25]));
it('has a ceiling of 30 s', async () => assert.deepEqual(await waitsOf({ tries: 4, waitMs: 20_000 }), [20_000, 30_000, 30_000]));
