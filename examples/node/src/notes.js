import { marked } from 'marked'

export class Notes {
  #texts = new Map()

  put(name, text) {
    this.#texts.set(name, text)
  }

  names() {
    return [...this.#texts.keys()].sort()
  }

  html(name) {
    const text = this.#texts.get(name)
    return text === undefined ? undefined : marked.parse(text)
  }
}
