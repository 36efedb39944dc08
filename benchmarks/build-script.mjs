// What `npm run build` of a small project does: one minified style sheet from all of a folder.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'

const styles = readdirSync('assets').filter(name => name.endsWith('.css')).sort()
const text = styles.map(name => readFileSync(`assets/${name}`, 'utf8')).join('\n')
mkdirSync('assets/built', { recursive: true })
writeFileSync('assets/built/all.min.css', text.replace(/\s+/g, ' ').replace(/ ?([{};:]) ?/g, '$1'))
