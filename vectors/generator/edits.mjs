// Small edits from which the flaws are made; `reissue` says where each may stand.
import { digestOf, jcs, utf8 } from './primitives.mjs'

export const OTHER_HASH = digestOf(utf8('something else'))
/** Index of the blocked call in `base`, which no annex row speaks of. */
export const BLOCKED = 3

/** Changes one file of the export as text. */
export const file = (name, change) => ({
  files(files) {
    files[name] = change(files[name])
  },
})
/** Changes the list of lines of an NDJSON file. */
export const lines = (name, change) =>
  file(name, (text) => {
    const list = text.split('\n').slice(0, -1)
    return change(list)
      .map((line) => `${line}\n`)
      .join('')
  })
export const without = (name) => ({
  files(files) {
    delete files[name]
  },
})
/** Another digit at the end of the first value of a member that is a digest. */
export const otherDigit = (member) => (text) =>
  text.replace(
    new RegExp(`("${member}":"sha256:[0-9a-f]{63})(.)`),
    (_, head, last) => head + (last === '0' ? '1' : '0'),
  )
export const onLine = (i, change) => (list) => list.with(i, change(list.at(i)))
export const json = (change) => (text) => {
  const value = JSON.parse(text)
  change(value)
  return jcs(value)
}
export const members = (more) => (object) => {
  Object.assign(object, more)
}
export const within = (name, more) => (object) => {
  Object.assign(object[name], more)
}
/** Applies to the item of a list with this index. */
export const at = (index, change) => (item, i) => {
  if (i === index) change(item)
}
export const plusOne = (name) => (object) => {
  object[name]++
}
