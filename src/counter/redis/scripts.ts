// An id space is one hash, so that a cluster keeps it on one node, and nothing of it can be lost without the rest:
//   format           1
//   lineage          random: tells this store from any other of the same name
//   fingerprint      of the layout and permutation, from the first open on
//   ceiling          the mark at which its instances are exhausted, from the first open on
//   incarnation      the replication id of the server that gave away instance ids last
//   next             where to look for an instance id that was never used
//   mark:N           the first number of instance N that is not yet reserved
//   incarnation:N    the replication id of the server that reserved for it last
//
// A script is atomic, and may ask INFO: the replication id that is compared is that of the very server and moment that
// reserve. It changes with every restart, promotion and full copy, and no client can tell a script another one.
// A script returns a word and what goes with it, and has written nothing unless the word is "ok".
//
// Lua's numbers are doubles. Marks stay decimal text here, and only HINCRBY, which is exact, adds to them. `minus`, which
// takes all that follows from `a`, is exact up to 2^53, and beyond that of the right sign, and too large for any count.
//
// After a promotion, the replicas that were not promoted still confirm writes of the old master until they are told otherwise.
// So a counter that waits for fewer replicas than are connected is refused: at least one that could be promoted may lack a
// block.
//
// A server that was given a full copy of another writes it to its append-only file in the background. Killed before that
// ends, it comes back with what it had before the copy, whatever appendfsync says. So consent to a new server waits
// while it `isSettling`.

const PRELUDE = `
local key = KEYS[1]
local function get(field) return redis.call('HGET', key, field) end

local function minus(a, ...)
  local high, low = tonumber(a:sub(1, -10)) or 0, tonumber(a:sub(-9))
  for _, b in ipairs({...}) do
    high = high - (tonumber(b:sub(1, -10)) or 0)
    low = low - tonumber(b:sub(-9))
  end
  return high * 1000000000 + low
end

local function isMark(text)
  return text:match('^%d+$') and (text == '0' or text:sub(1, 1) ~= '0')
    and #text <= 19 and minus('9223372036854775807', text) >= 0
end

local function isSettling()
  local found = redis.call('INFO', 'persistence')
  return found:find('aof_rewrite_in_progress:1') or found:find('aof_rewrite_scheduled:1')
end

local replication = redis.call('INFO', 'replication')
if not replication:find('role:master') then return {'replica'} end
local incarnation = replication:match('master_replid:(%w+)')
local connected = replication:match('connected_slaves:(%d+)')
local function isTooFew(replicas) return replicas > 0 and replicas < tonumber(connected) end
local format = get('format')
if format then
  if format ~= '1' then return {'format', format} end
  if redis.call('PTTL', key) >= 0 then return {'expiring'} end
elseif redis.call('EXISTS', key) == 1 then
  return {'foreign'}
end
`;

// Pure calls, which other bundlers can drop: of a template with parts they cannot know that it is one.
const onSpace = (body: string) => PRELUDE + body;

/**
 * KEYS: the space. ARGV: a new lineage, instance, mark, and 1 to consent to a space that was used on another server, or ''.
 * Returns the lineage. Instance ids up to a consented one count as used.
 */
export const CREATE_INSTANCE = /* @__PURE__ */ onSpace(`
local lineage, instance, mark, accepted = unpack(ARGV)
local moved = format and get('incarnation') ~= incarnation
if moved and accepted == '' then return {'incarnation', get('incarnation'), incarnation} end
if get('mark:' .. instance) then return {'exists'} end
if moved then
  if isSettling() then return {'settling'} end
  local text = get('next') or ''
  if not isMark(text) then return {'corrupt', text} end
  local following = math.max(tonumber(text), tonumber(instance) + 1)
  redis.call('HSET', key, 'incarnation', incarnation, 'next', string.format('%.0f', following))
elseif not format then
  redis.call('HSET', key, 'format', '1', 'lineage', lineage, 'incarnation', incarnation, 'next', '0')
end
redis.call('HSET', key, 'mark:' .. instance, mark, 'incarnation:' .. instance, incarnation)
return {'ok', get('lineage')}`);

/**
 * ARGV: instance, lineage or '' to ask for it, fingerprint, ceiling, seen, numbers to skip or '', count or '' to open, 0 or 1,
 * how many numbers must be left, and how many replicas are waited for. Returns start and end.
 *
 * The same checks in the same order as `admit` in ../admission.ts.
 */
export const ADMIT = /* @__PURE__ */ onSpace(`
local instance, expected, fingerprint, ceiling, seen, skip, count, least, replicas = unpack(ARGV)
local markField, incarnationField = 'mark:' .. instance, 'incarnation:' .. instance
if not format then return {'missing'} end
local lineage = get('lineage')
if lineage ~= expected then return {'lineage', lineage} end
local mark = get(markField)
if not mark then return {'missing'} end
local highest = get('ceiling')
if highest and not isMark(highest) then return {'corrupt', highest} end
if not isMark(mark) or (highest and minus(highest, mark) < 0) then return {'corrupt', mark} end

local known, last = get('fingerprint'), get(incarnationField)
local differs, moved = known and known ~= fingerprint, last ~= incarnation
local opening = least == '0'
local consented = moved and not differs
if opening then consented = moved or differs or minus(mark, seen) < 0 end
if consented and skip ~= '' then
  if moved and isSettling() then return {'settling'} end
  if minus(mark, seen) < 0 then mark = seen end
else
  skip = '0'
  if differs then return {'fingerprint', known} end
  if moved then return {'incarnation', last, incarnation} end
end
if minus(mark, seen) < 0 then return {'seen', mark} end
if isTooFew(tonumber(replicas)) then return {'replicas', connected} end
local left = minus(ceiling, mark, skip)
if left < tonumber(least) then return {'exhausted'} end

if skip ~= '0' then
  redis.call('HSET', key, markField, mark, incarnationField, incarnation)
  redis.call('HINCRBY', key, markField, skip)
end
if known ~= fingerprint or highest ~= ceiling then
  redis.call('HSET', key, 'fingerprint', fingerprint, 'ceiling', ceiling)
end
local start = get(markField)
if count ~= '' then redis.call('HINCRBY', key, markField, string.format('%.0f', math.min(tonumber(count), left))) end
return {'ok', start, get(markField)}`);

/** ARGV: lineage or '', highest instance, instances to skip or '', replicas to wait for. Returns the instance. */
export const LEASE_INSTANCE_ID = /* @__PURE__ */ onSpace(`
local expected, highest, skip, replicas = ARGV[1], tonumber(ARGV[2]), ARGV[3], tonumber(ARGV[4])
if not format then return {'missing'} end
local lineage = get('lineage')
if expected ~= '' and lineage ~= expected then return {'lineage', lineage} end
local text = get('next') or ''
if not isMark(text) then return {'corrupt', text} end
local instance = tonumber(text)
if get('incarnation') ~= incarnation then
  if skip == '' then return {'incarnation', get('incarnation'), incarnation, text} end
  if isSettling() then return {'settling'} end
  instance = instance + tonumber(skip)
end
if isTooFew(replicas) then return {'replicas', connected} end
local function field(name) return string.format('%s:%.0f', name, instance) end
while redis.call('HEXISTS', key, field('mark')) == 1 do instance = instance + 1 end
if instance > highest then return {'exhausted'} end
redis.call('HSET', key, field('mark'), '0', field('incarnation'), incarnation,
  'incarnation', incarnation, 'next', string.format('%.0f', instance + 1))
return {'ok', string.format('%.0f', instance)}`);

/** ARGV: instance, floor. Returns the mark. */
export const RAISE_MARK = /* @__PURE__ */ onSpace(`
local instance, floor = unpack(ARGV)
local mark = get('mark:' .. instance)
if not mark then return {'missing'} end
if not isMark(mark) then return {'corrupt', mark} end
local ceiling = get('ceiling')
if ceiling and not isMark(ceiling) then return {'corrupt', ceiling} end
if ceiling and minus(ceiling, floor) < 0 then return {'above', ceiling} end
if minus(floor, mark) <= 0 then return {'ok', mark} end
if isSettling() then return {'settling'} end
redis.call('HSET', key, 'mark:' .. instance, floor, 'incarnation:' .. instance, incarnation)
return {'ok', floor}`);

/** Returns the fields and their values in turn. */
export const INSPECT = /* @__PURE__ */ onSpace(`
if not format then return {'missing'} end
local reply = redis.call('HGETALL', key)
table.insert(reply, 1, 'ok')
return reply`);

/** Says which node of a cluster has the key: the others answer MOVED. */
export const PROBE = "return redis.call('EXISTS', KEYS[1])";
