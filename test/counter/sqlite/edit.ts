import { DatabaseSync } from "node:sqlite";

/** Edits a state file as a determined person would: without triggers and checks, which are put back. */
export function editState(path: string, edit: (database: DatabaseSync) => void): void {
  using editor = new DatabaseSync(path, { enableForeignKeyConstraints: false });
  editor.exec("PRAGMA ignore_check_constraints = ON");
  const triggers = editor.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' ORDER BY rowid").all();
  for (const { name } of triggers) editor.exec(`DROP TRIGGER ${name}`);
  edit(editor);
  for (const { sql } of triggers) editor.exec(String(sql));
}
