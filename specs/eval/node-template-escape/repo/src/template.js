/** Fills {{names}} of a template with values. */
export function render(template, values) {
  return template.replace(/\{\{(\w+)\}\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

/** Names that a template asks for, each once. */
export function namesOf(template) {
  return [...new Set([...template.matchAll(/\{\{(\w+)\}\}/g)].map((match) => match[1]))];
}
