import { Field, ID, InterfaceType } from 'type-graphql';

/** https://graphql.org/learn/global-object-identification/ */
@InterfaceType({ description: 'What can be asked for by its id alone, which nothing else has: see the query node.' })
export abstract class Node {
  @Field(() => ID)
  declare readonly id: string;
}
