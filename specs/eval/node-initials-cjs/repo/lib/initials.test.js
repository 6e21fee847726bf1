'use strict';

const assert = require('node:assert/strict');
const test = require('node:test');
const { initials } = require('./initials.js');

test('takes first letters', () => {
  assert.equal(initials('ada lovelace'), 'AL');
});

test('takes no more than asked', () => {
  assert.equal(initials('a b c d'), 'ABC');
  assert.equal(initials('a b c d', 2), 'AB');
});

test('has none for an empty name', () => {
  assert.equal(initials('  '), '');
});
