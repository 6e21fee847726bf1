/** A cart is a frozen list of lines; every function returns a new cart. */
export function createCart() {
  return Object.freeze({ lines: Object.freeze([]) });
}

function withLines(lines) {
  return Object.freeze({ lines: Object.freeze(lines) });
}

function checkQuantity(quantity) {
  if (!Number.isInteger(quantity) || quantity < 1) {
    throw new RangeError(`quantity must be a whole number of at least 1, got ${quantity}`);
  }
}

/** Adds a product; the same product again adds to its line. */
export function addLine(cart, product, quantity = 1) {
  checkQuantity(quantity);
  const known = cart.lines.find((line) => line.sku === product.sku);
  if (known) return setQuantity(cart, product.sku, known.quantity + quantity);
  return withLines([...cart.lines, { sku: product.sku, price: product.price, grams: product.grams ?? 0, quantity }]);
}

/** Sets the quantity of a line that is there. */
export function setQuantity(cart, sku, quantity) {
  checkQuantity(quantity);
  if (!cart.lines.some((line) => line.sku === sku)) throw new RangeError(`no line for ${sku}`);
  return withLines(cart.lines.map((line) => (line.sku === sku ? { ...line, quantity } : line)));
}

/** Takes a line away; a line that is not there is no error. */
export function removeLine(cart, sku) {
  return withLines(cart.lines.filter((line) => line.sku !== sku));
}
