import type { Command } from "commander";
import { generateKey } from "../index.js";
import { write } from "./output.js";

export function addKeygenCommand(program: Command): void {
  program
    .command("keygen")
    .summary("make a key")
    .description("Prints a new key of 128 random bits, as 32 hexadecimal digits: for --kind speck, and for public ids.")
    .addHelpText(
      "after",
      `
Keep it where secrets are kept (a secret manager, or a file that only the
service can read), and a copy elsewhere: without it, no token can be decoded.
Whoever has it can decode them all. It goes to programs as PERMID64_KEY.

Example:
  permid64 keygen | (umask 077; cat > orders.key)`,
    )
    .action(() => write(process.stdout, `${generateKey()}\n`));
}
