/** Who asks, and what it may do. */
import { Ctx, Field, GraphQLISODateTime, ObjectType, Query, registerEnumType, Resolver } from 'type-graphql';
import { CLIENT_KINDS, type Client } from '../../access/client.js';
import { SCOPE_MEANINGS, SCOPES, type Scope } from '../../access/scopes.js';
import type { ApiContext } from '../context.js';
import { enumName, enumOf } from '../enum-names.js';
import { Needs } from '../scopes.js';

export const ScopeName = enumOf(SCOPES);
registerEnumType(ScopeName, {
  name: 'Scope',
  description: 'What a client may do. docs/keys.md says which operation needs which.',
  valuesConfig: Object.fromEntries(SCOPES.map((scope) => [enumName(scope), { description: SCOPE_MEANINGS[scope] }])),
});

export const ClientKind = enumOf(CLIENT_KINDS);
registerEnumType(ClientKind, {
  name: 'ClientKind',
  description: 'How the server knows a client.',
  valuesConfig: {
    KEY: { description: 'By its key.' },
    USER: { description: 'By a trusted proxy, which has signed the person in.' },
    ANONYMOUS: { description: 'Not at all: it may do what everybody may.' },
    OWNER: { description: 'It is a command of the owner of the data folder, to whom the server belongs.' },
    LOCAL: { description: 'It works at the machine of the server, which asks for no keys yet.' },
  },
});

@ObjectType({ description: 'The client that asks.' })
class Viewer {
  @Field(() => ClientKind)
  readonly kind: Client['kind'];

  @Field(() => String, { nullable: true, description: 'Of the key or of the person.' })
  readonly name: string | undefined;

  @Field(() => [ScopeName], { description: 'What the client may do, with all that it includes.' })
  readonly scopes: readonly Scope[];

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'When the key expires. Null: never.' })
  readonly expiresAt: Date | null;

  constructor(client: Client) {
    this.kind = client.kind;
    this.name = 'name' in client ? client.name : undefined;
    this.scopes = client.scopes;
    this.expiresAt = client.kind === 'key' ? client.expiresAt : null;
  }
}

@Resolver()
export class ViewerResolver {
  @Needs('any')
  @Query(() => Viewer, {
    description:
      'Says who asks, and what it may do. Errors: UNAUTHENTICATED, as for every operation, where a key is needed and ' +
      'none is sent, or one that is unknown, expired or revoked.',
  })
  viewer(@Ctx() { client }: ApiContext): Viewer {
    return new Viewer(client);
  }
}
