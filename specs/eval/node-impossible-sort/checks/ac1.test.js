// Held out: the implementer never sees this file.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { rank } from '../src/rank.js';

it('by name', () => assert.deepEqual(rank([{ name: 'z', score: 1 }, { name: 'a', score: 1 }]).map((p) => p.name), ['a', 'z']));
