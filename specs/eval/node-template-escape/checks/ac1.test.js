// Held out: the implementer never sees this file.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { render } from '../src/template.js';

const cases = { '<script>': '&lt;script&gt;', 'R&D': 'R&amp;D', 'say "hi"': 'say &quot;hi&quot;', "it's": 'it&#39;s', '&amp;': '&amp;amp;', plain: 'plain' };
for (const [value, text] of Object.entries(cases)) {
  it(`escapes ${value}`, () => assert.equal(render('[{{v}}]', { v: value }), `[${text}]`));
}

it('leaves the template itself alone', () => assert.equal(render('<i>{{v}}</i>', { v: 1 }), '<i>1</i>'));
