import assert from 'node:assert/strict';
import { it } from 'node:test';
import { retry } from './retry.js';

const sleep = () => {};

it('returns the first success', async () => {
  assert.equal(await retry((attempt) => (attempt < 3 ? Promise.reject(new Error('no')) : attempt), { sleep }), 3);
});

it('gives up after the last try', async () => {
  let calls = 0;
  await assert.rejects(retry(() => Promise.reject(new Error(`no ${++calls}`)), { tries: 2, sleep }), /no 2/);
  assert.equal(calls, 2);
});

it('does not sleep when the first try succeeds', async () => {
  await retry(() => 1, { sleep: () => assert.fail('slept') });
});
