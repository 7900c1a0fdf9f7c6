import assert from 'node:assert/strict'
import { test } from 'node:test'

import { Notes } from '../src/notes.js'

test('a note is Markdown', () => {
  const notes = new Notes()
  notes.put('hello', '# Hello *you*')
  assert.equal(notes.html('hello'), '<h1>Hello <em>you</em></h1>\n')
  assert.deepEqual(notes.names(), ['hello'])
})

test('no note, no text', () => {
  assert.equal(new Notes().html('hello'), undefined)
})
