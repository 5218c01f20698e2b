/** Where tokens are kept: `localStorage`, `sessionStorage`, or an asynchronous one such as React Native's `AsyncStorage`. */
export interface TokenStorage {
  getItem(key: string): string | null | Promise<string | null>
  setItem(key: string, value: string): unknown
  removeItem(key: string): unknown
}
