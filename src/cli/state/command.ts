import type { Command } from "commander";
import { addStateCreateCommand } from "./create.js";
import { addStateImportCommand } from "./import.js";
import { addStateRaiseCommand } from "./raise.js";
import { addStateShowCommand } from "./show.js";
import { addStateSqlCommand } from "./sql.js";

export function addStateCommand(program: Command): void {
  const state = program
    .command("state")
    .summary("create, show, raise or import state; print SQL for a database")
    .description(
      "Looks after state: the numbers that generators have reserved so far, kept in a file or a database so that no id is " +
        "ever issued twice.",
    );
  state.addHelpText(
    "after",
    `
Examples:
  permid64 state create orders.state --instance 42
  permid64 state show orders.state
  permid64 state raise --help`,
  );
  addStateCreateCommand(state);
  addStateShowCommand(state);
  addStateRaiseCommand(state);
  addStateImportCommand(state);
  addStateSqlCommand(state);
}
