/** Keys made, listed and revoked while the server runs. */
import { Ctx, Field, GraphQLISODateTime, ID, InputType, Mutation, ObjectType, Query, Resolver } from 'type-graphql';
import { type CreatedKey, stateOf } from '../../access/keys.js';
import { allScopes, type Scope } from '../../access/scopes.js';
import type { ApiKeyId } from '../../ids.js';
import type { ApiKeyRecord } from '../../store/api-keys.js';
import type { ApiContext } from '../context.js';
import { times } from '../costs.js';
import { fieldsOf } from '../fields-of.js';
import { Input } from '../inputs.js';
import { Node } from '../nodes/node.js';
import { Needs } from '../scopes.js';
import { ScopeName } from './viewer.js';

/** Keys that a collection usually has. */
const USUAL_KEYS = 20;

@ObjectType({ description: 'A key to the API. Its secret is known to its owner only.', implements: Node })
export class ApiKey extends fieldsOf<ApiKeyRecord>() {
  @Field(() => ID)
  declare readonly id: ApiKeyRecord['id'];

  @Field(() => String, { description: 'What it is for.' })
  declare readonly name: ApiKeyRecord['name'];

  @Field(() => [ScopeName], { name: 'scopes', description: 'What its owner may do, with all that it includes.' })
  get included(): Scope[] {
    return allScopes(this.scopes);
  }

  @Field(() => Boolean, { description: 'Whether it is neither revoked nor expired.' })
  get usable(): boolean {
    return stateOf(this) === 'usable';
  }

  @Field(() => GraphQLISODateTime)
  declare readonly createdAt: ApiKeyRecord['createdAt'];

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'Null: never.' })
  declare readonly expiresAt: ApiKeyRecord['expiresAt'];

  @Field(() => GraphQLISODateTime, { nullable: true })
  declare readonly revokedAt: ApiKeyRecord['revokedAt'];

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'To the minute. Null: never.' })
  declare readonly lastUsedAt: ApiKeyRecord['lastUsedAt'];
}

@ObjectType({ description: 'A key that was just made.' })
class CreatedApiKey {
  @Field(() => String, {
    description: 'What its owner sends in the header "Authorization: Bearer SECRET". It is told now and never again.',
  })
  readonly secret: string;

  @Field(() => ApiKey)
  readonly key: ApiKey;

  constructor({ secret, key }: CreatedKey) {
    this.secret = secret;
    this.key = new ApiKey(key);
  }
}

@InputType()
class CreateApiKeyInput {
  @Field(() => [ScopeName])
  declare readonly scopes: Scope[];

  @Field(() => String, { nullable: true, description: 'What it is for. Default: its scopes.' })
  declare readonly name?: string | null;

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'Default: never.' })
  declare readonly expiresAt?: Date | null;
}

@InputType()
class RevokeApiKeyInput {
  @Field(() => ID)
  declare readonly id: ApiKeyId;
}

@Resolver()
export class ApiKeyResolver {
  @Needs('admin')
  @Query(() => [ApiKey], {
    complexity: times(USUAL_KEYS),
    description: 'All keys that were ever made, newest first.',
  })
  async apiKeys(@Ctx() { services }: ApiContext): Promise<ApiKey[]> {
    return (await services.keys.list()).map((key) => new ApiKey(key));
  }

  @Needs('admin')
  @Mutation(() => CreatedApiKey, {
    description:
      'Makes a key. With the first one a server on 127.0.0.1 begins to ask for keys: give it the scope ADMIN. ' +
      'Errors: BAD_USER_INPUT.',
  })
  async createApiKey(
    @Input(() => CreateApiKeyInput) { scopes, name, expiresAt }: CreateApiKeyInput,
    @Ctx() { services }: ApiContext,
  ): Promise<CreatedApiKey> {
    return new CreatedApiKey(
      await services.keys.create({ scopes, name: name ?? undefined, expiresAt: expiresAt ?? undefined }),
    );
  }

  @Needs('admin')
  @Mutation(() => ApiKey, {
    description:
      'Revokes a key for good: whoever sends it is refused at once, and its subscriptions end within seconds. ' +
      'Errors: NOT_FOUND.',
  })
  async revokeApiKey(
    @Input(() => RevokeApiKeyInput) { id }: RevokeApiKeyInput,
    @Ctx() { services }: ApiContext,
  ): Promise<ApiKey> {
    return new ApiKey(await services.keys.revoke(id));
  }
}
