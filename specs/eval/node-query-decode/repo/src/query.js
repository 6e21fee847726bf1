/** The parameters of a query string as an object. */
export function parseQuery(text) {
  const query = text.startsWith('?') ? text.slice(1) : text;
  const result = {};
  for (const part of query.split('&')) {
    if (part === '') continue;
    const [name, value = ''] = part.split('=');
    result[name] = value;
  }
  return result;
}

/** Writes an object as a query string, names in their order. */
export function writeQuery(parameters) {
  return Object.entries(parameters)
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .join('&');
}
