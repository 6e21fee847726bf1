'use strict';

/** The initials of a name, at most `max`. */
function initials(name, max = 3) {
  return name
    .split(/\s+/)
    .filter((word) => word !== '')
    .map((word) => word[0].toUpperCase())
    .slice(0, max)
    .join('');
}

module.exports = { initials };
