/** Rounds half up to whole cents. */
export function roundCents(amount) {
  return Math.floor(amount + 0.5);
}

/** 123456 -> "1,234.56". */
export function formatCents(cents) {
  const sign = cents < 0 ? '-' : '';
  const abs = Math.abs(cents);
  const whole = String(Math.trunc(abs / 100)).replace(/\B(?=(\d{3})+$)/g, ',');
  return `${sign}${whole}.${String(abs % 100).padStart(2, '0')}`;
}
