/**
 * The sum of nodes in a binary tree that their positions decide.
 *
 *   node k  of block k, m × d      two nodes of level l, 2j and 2j + 1, add up to node j of level l + 1
 *
 * What is left at the end, complete nodes of falling levels and one of a block that is not whole, is added from left to right.
 * Source: Subquad's own convention.
 */
import { runtime, sketchKernels, type Scope } from "@subquad/linalg-core/kernels";
import { tiles, type Steps } from "@subquad/linalg-core/steps";

interface Node {
  readonly address: number;
  readonly level: number;
}

export interface TreeSum {
  /** The next node, of entries at the address: copied where they are kept, or, where they are `given`, the tree's own from here on. */
  push(address: number, isWhole: boolean, given?: "given"): Steps<void>;
  /** The address of the sum. */
  sum(): Steps<number>;
}

/** Entries of a tile of an addition. */
const TILE = 2 ** 16;

/** A sum of nodes of so many entries; its memory is the scope's. */
export function treeSum(scope: Scope, entries: number): TreeSum {
  const stack: Node[] = [];

  function* add(x: number, y: number): Steps<void> {
    const args = scope.args([entries, x, y, TILE]);
    yield* tiles(sketchKernels, "addTile", args, Math.ceil(entries / TILE), entries);
    scope.free(args);
  }

  return {
    *push(address, isWhole, given) {
      let right = address;
      let level = 0;
      let isOwn = given !== undefined;
      while (isWhole && stack.length > 0 && stack[stack.length - 1]!.level === level) {
        const left = stack.pop()!;
        yield* add(left.address, right);
        if (isOwn) scope.free(right);
        right = left.address;
        isOwn = true;
        level++;
      }
      if (!isOwn) {
        right = scope.alloc(8 * entries);
        runtime().memory.f64.copyWithin(right / 8, address / 8, address / 8 + entries);
      }
      stack.push({ address: right, level: isWhole ? level : -1 });
    },
    *sum() {
      const [first, ...others] = stack;
      if (first === undefined) return scope.zeros(8 * entries);
      for (const { address } of others) yield* add(first.address, address);
      return first.address;
    },
  };
}
