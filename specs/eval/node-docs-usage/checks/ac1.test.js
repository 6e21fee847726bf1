// Held out: the implementer never sees this file.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { readFileSync } from 'node:fs';
import { clamp } from '../src/clamp.js';

it('shows a call with three arguments and a true result', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const call = /clamp\((-?\d+), (-?\d+), (-?\d+)\)\D+(-?\d+)/.exec(readme);
  assert.ok(call);
  assert.equal(clamp(Number(call[1]), Number(call[2]), Number(call[3])), Number(call[4]));
});
