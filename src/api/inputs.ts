/** What a mutation is told, in the one way that all have: an argument `input` of a type of its own. */
import { Arg, type ClassType } from 'type-graphql';

/** The argument of a mutation. Only captionImage has another: what the mission asks for keeps its shape. */
export function Input(type: () => ClassType): ReturnType<typeof Arg> {
  return Arg('input', type);
}
