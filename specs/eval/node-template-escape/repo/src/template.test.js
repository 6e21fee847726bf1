import assert from 'node:assert/strict';
import { it } from 'node:test';
import { namesOf, render } from './template.js';

it('fills names', () => {
  assert.equal(render('Hello {{name}}, {{name}}!', { name: 'Ada' }), 'Hello Ada, Ada!');
});

it('leaves unknown names alone', () => {
  assert.equal(render('{{what}}', {}), '{{what}}');
});

it('writes numbers', () => {
  assert.equal(render('{{n}}', { n: 0 }), '0');
});

it('lists the names of a template', () => {
  assert.deepEqual(namesOf('{{a}} {{b}} {{a}}'), ['a', 'b']);
});
