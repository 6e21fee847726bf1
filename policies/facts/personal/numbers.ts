/** Check digits of numbers that name a person or an account: what has none of them is only a number. */

const digitsOf = (text: string): number[] => [...text.replace(/\D/g, "")].map(Number);

/** Payment cards and Swedish personal numbers (ISO/IEC 7812-1). */
export function hasLuhn(text: string): boolean {
  const sum = digitsOf(text).reverse().reduce((total, digit, at) => {
    const value = at % 2 === 0 ? digit : digit * 2;
    return total + (value > 9 ? value - 9 : value);
  }, 0);
  return sum > 0 && sum % 10 === 0;
}

/** By the beginnings and lengths that issuers have: American Express, Diners, JCB, Visa, Mastercard, Maestro, Discover, UnionPay. */
const CARD =
  /^(?:3[47]\d{13}|3(?:0[0-5]|[68]\d)\d{11}|35\d{14}|4\d{12}(?:\d{3}){0,2}|5[0-8]\d{14}|6\d{15,18})$/;
export const isCard = (text: string): boolean => CARD.test(text.replace(/\D/g, "")) && hasLuhn(text);

/** International bank account numbers (ISO 13616, mod 97). */
export function isIban(text: string): boolean {
  const plain = text.replaceAll(" ", "");
  if (plain.length < 15 || plain.length > 34) return false;
  let rest = 0;
  for (const char of plain.slice(4) + plain.slice(0, 4)) {
    const value = char >= "A" ? String(char.charCodeAt(0) - 55) : char;
    for (const digit of value) rest = (rest * 10 + Number(digit)) % 97;
  }
  return rest === 1;
}

const DNI = "TRWAGMYFPDXBNJZSQVHLCKE";
/** Spain: DNI, and NIE of residents. */
export function isSpanish(text: string): boolean {
  const plain = text.replace(/[- ]/g, "").toUpperCase();
  const number = plain.slice(0, -1).replace(/^[XYZ]/, (letter) => String("XYZ".indexOf(letter)));
  return DNI[Number(number) % 23] === plain.at(-1);
}

const ODD = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];
/** Italy: codice fiscale. */
export function isItalian(text: string): boolean {
  const plain = text.toUpperCase();
  let sum = 0;
  for (let at = 0; at < 15; at++) {
    const char = plain[at] ?? "";
    const value = char >= "A" ? char.charCodeAt(0) - 65 : Number(char);
    sum += at % 2 === 0 ? ODD[value] ?? 0 : value;
  }
  return String.fromCharCode(65 + sum % 26) === plain[15];
}

/** France: number of the social insurance (NIR), Corsica included. */
export function isFrench(text: string): boolean {
  const plain = text.replaceAll(" ", "").toUpperCase().replace("2A", "19").replace("2B", "18");
  return plain.length === 15 && BigInt(plain.slice(0, 13)) % 97n === 97n - BigInt(plain.slice(13));
}

/** Germany: tax identification number (ISO 7064, mod 11, 10). */
export function isGermanTax(text: string): boolean {
  const digits = digitsOf(text);
  if (digits.length !== 11 || digits[0] === 0) return false;
  let product = 10;
  for (const digit of digits.slice(0, 10)) {
    const sum = (digit + product) % 10;
    product = (sum === 0 ? 10 : sum) * 2 % 11;
  }
  return (product === 1 ? 0 : 11 - product) === digits[10];
}

/** Netherlands: citizen service number (eleven test). */
export function isDutch(text: string): boolean {
  const digits = digitsOf(text);
  const sum = digits.reduce((total, digit, at) => total + digit * (at === 8 ? -1 : 9 - at), 0);
  return digits.length === 9 && sum !== 0 && sum % 11 === 0;
}

/** Poland: PESEL. */
export function isPolish(text: string): boolean {
  const digits = digitsOf(text);
  const sum = [1, 3, 7, 9, 1, 3, 7, 9, 1, 3].reduce(
    (total, weight, at) => total + weight * (digits[at] ?? 0),
    0,
  );
  return digits.length === 11 && (10 - sum % 10) % 10 === digits[10];
}

/** Brazil: CPF. */
export function isBrazilian(text: string): boolean {
  const digits = digitsOf(text);
  if (digits.length !== 11 || new Set(digits).size === 1) return false;
  return [9, 10].every((length) => {
    const sum = digits.slice(0, length).reduce((total, digit, at) => total + digit * (length + 1 - at), 0);
    return sum * 10 % 11 % 10 === digits[length];
  });
}

const FINNISH = "0123456789ABCDEFHJKLMNPRSTUVWXY";
/** Finland: personal identity code. */
export function isFinnish(text: string): boolean {
  const plain = text.toUpperCase();
  return FINNISH[Number(plain.slice(0, 6) + plain.slice(7, 10)) % 31] === plain[10];
}

/** China: resident identity number (ISO 7064, mod 11-2). */
export function isChinese(text: string): boolean {
  const sum = [...text.slice(0, 17)].reduce(
    (total, digit, at) => total + Number(digit) * (2 ** (17 - at) % 11),
    0,
  );
  return "10X98765432"[sum % 11] === text[17]?.toUpperCase();
}

/** Switzerland: number of the old-age insurance (EAN-13). */
export function isSwiss(text: string): boolean {
  const digits = digitsOf(text);
  const sum = digits.slice(0, 12).reduce((total, digit, at) => total + digit * (at % 2 === 0 ? 1 : 3), 0);
  return digits.length === 13 && (10 - sum % 10) % 10 === digits[12];
}

/** Belgium: national register number, of people born before and after 2000. */
export function isBelgian(text: string): boolean {
  const plain = text.replace(/\D/g, "");
  const [number, check] = [plain.slice(0, 9), Number(plain.slice(9))];
  return plain.length === 11 &&
    (97 - Number(number) % 97 === check || 97 - Number(`2${number}`) % 97 === check);
}

const D = [
  "0123456789",
  "1234067895",
  "2340178956",
  "3401289567",
  "4012395678",
  "5987604321",
  "6598710432",
  "7659821043",
  "8765932104",
  "9876543210",
];
const P = [
  "0123456789",
  "1576283094",
  "5803796142",
  "8916043527",
  "9453126870",
  "4286573901",
  "2793806415",
  "7046913258",
];
/** India: Aadhaar (Verhoeff). */
export function isIndian(text: string): boolean {
  const check = digitsOf(text).reverse().reduce(
    (state, digit, at) => Number(D[state]?.[Number(P[at % 8]?.[digit])]),
    0,
  );
  return check === 0 && /^[2-9]/.test(text);
}

/** United States: social security number; not those that were never given out. */
export const isAmerican = (text: string): boolean => !/^(?:000|666|9)|-00-|-0000$/.test(text);
