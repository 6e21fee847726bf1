/** Players by score, best first; equal scores in the order given. */
export function rank(players) {
  return [...players].sort((a, b) => b.score - a.score);
}
