// Held out: the implementer never sees this file.
const assert = require('node:assert/strict');
const test = require('node:test');
const { initials } = require('../lib/initials.js');

test('particles', () => {
  assert.equal(initials('Charles de la Tour'), 'CT');
  assert.equal(initials('Vincent van Gogh'), 'VG');
  assert.equal(initials('Otto von Guericke'), 'OG');
});

test('a capital makes it a name', () => assert.equal(initials('Van Morrison'), 'VM'));
