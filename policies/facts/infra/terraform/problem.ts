/** Something wrong with a resource, in words of our own: never a value of it. */
export interface Problem {
  kind: string;
  detail: string;
  certain: boolean;
}
