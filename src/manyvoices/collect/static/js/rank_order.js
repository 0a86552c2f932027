/* An order of replies, and all that can be done to it. Pure: each function takes an order and gives
 * a new one. `groups`: lists of ids, best first, those in one list equal; `out`: ids left out.
 */

export const places = (order) =>
  new Map([
    ...order.groups.flatMap((group, index) => group.map((id) => [id, String(index + 1)])),
    ...order.out.map((id) => [id, ""]),
  ]);

export const flat = (order) => [...order.groups.flat(), ...order.out];

/* From numbers: equal ones are a tie, none means left out. `given`: pairs of id and text. */
export function fromPlaces(given) {
  const placed = given.filter(([, place]) => Number(place) > 0);
  const numbers = [...new Set(placed.map(([, place]) => Number(place)))].sort((a, b) => a - b);
  const ids = (pairs) => pairs.map(([id]) => id);
  return {
    groups: numbers.map((number) => ids(placed.filter(([, place]) => Number(place) === number))),
    out: ids(given.filter(([, place]) => !(Number(place) > 0))),
  };
}

/* Where an id stands: the number of its group and its number in it; -1 where it was left out. */
export function find(order, id) {
  const group = order.groups.findIndex((ids) => ids.includes(id));
  return { group, index: group < 0 ? -1 : order.groups[group].indexOf(id) };
}

const without = (order, id) => ({
  groups: order.groups.map((ids) => ids.filter((other) => other !== id)).filter((ids) => ids.length),
  out: order.out.filter((other) => other !== id),
});

const inserted = (order, id, at) => ({
  groups: [...order.groups.slice(0, at), [id], ...order.groups.slice(at)],
  out: order.out,
});

/* Give an id a place of its own, counted from 1; after the last where there are not so many. */
export function put(order, id, place) {
  const rest = without(order, id);
  return inserted(rest, id, Math.min(Math.max(place, 1) - 1, rest.groups.length));
}

/* Out of a tie to just above or below the others of it; alone past the whole neighbouring group;
 * up from among those left out to the last place. */
export function move(order, id, step) {
  const { group } = find(order, id);
  if (group < 0) return step < 0 ? put(order, id, order.groups.length + 1) : order;
  const isTied = order.groups[group].length > 1;
  const place = group + 1;
  if (isTied) return put(order, id, step < 0 ? place : place + 1);
  return put(order, id, place + step);
}

/* "Equal to the one before": join its group, or part from it there. */
export function toggleTie(order, id) {
  const { group, index } = find(order, id);
  const groups = order.groups.map((ids) => [...ids]);
  if (index > 0) groups.splice(group, 1, groups[group].slice(0, index), groups[group].slice(index));
  else if (group > 0) groups.splice(group - 1, 2, [...groups[group - 1], ...groups[group]]);
  return { groups, out: order.out };
}

/* Leave an id out, or put it after the others again. */
export function toggleOut(order, id) {
  if (order.out.includes(id)) return put(order, id, order.groups.length + 1);
  const rest = without(order, id);
  return { groups: rest.groups, out: [...rest.out, id] };
}

/* Dropped before or after another one, hence before or after all that are equal to that one. */
export function drop(order, id, target, isAfter) {
  if (id === target) return order;
  const rest = without(order, id);
  const { group } = find(rest, target);
  return inserted(rest, id, group < 0 ? rest.groups.length : group + (isAfter ? 1 : 0));
}
