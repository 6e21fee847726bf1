import assert from 'node:assert/strict';
import { it } from 'node:test';
import { clamp } from './clamp.js';

it('keeps a number in between', () => assert.equal(clamp(5, 0, 10), 5));
it('lifts a number that is too low', () => assert.equal(clamp(-5, 0, 10), 0));
it('lowers a number that is too high', () => assert.equal(clamp(50, 0, 10), 10));
it('refuses bounds the wrong way round', () => assert.throws(() => clamp(1, 2, 0), RangeError));
