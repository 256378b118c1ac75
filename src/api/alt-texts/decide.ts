/** What people decide about alternative texts. */
import { Ctx, Field, ID, InputType, Int, Mutation, ObjectType, Resolver } from 'type-graphql';
import { authorOf } from '../../access/client.js';
import type { AltTextEntry as EntryRecord } from '../../collection/alt-text.js';
import {
  type AltTextResult,
  LONGEST_ALT_TEXT,
  MOST_AT_ONCE,
  type Refusal as RefusalRecord,
} from '../../collection/alt-text-decisions.js';
import type { AltTextActionId, ImageId } from '../../ids.js';
import { checkAltText } from '../../language/alt-text-rules.js';
import type { ApiContext } from '../context.js';
import { times } from '../costs.js';
import { fieldsOf } from '../fields-of.js';
import { Input } from '../inputs.js';
import { Needs } from '../scopes.js';
import { LANGUAGE } from './alt-text.js';
import { AltTextFinding } from './check.js';
import { AltTextEntry } from './entry.js';

const REVISION = 'The revision of the AltTextEntry that the client has seen.';

@InputType({ description: 'A photo as the client has seen it.' })
class SeenImageInput {
  @Field(() => ID)
  declare readonly imageId: string;

  @Field(() => Int, { description: REVISION })
  readonly revision: number = 0;
}

@InputType({ description: 'A text as the client has seen it.' })
class SeenTextInput extends SeenImageInput {
  @Field(() => String, { description: 'The text of a suggestion, unchanged.' })
  declare readonly text: string;
}

@InputType()
class ApproveAltTextsInput {
  @Field(() => [SeenTextInput], { description: `One for a photo, at most ${MOST_AT_ONCE}.` })
  readonly texts: SeenTextInput[] = [];

  @Field(() => String, LANGUAGE)
  readonly language?: string | null;
}

@InputType()
class RejectAltTextsInput {
  @Field(() => [SeenTextInput], {
    description: `Suggested or approved texts, one for a photo, at most ${MOST_AT_ONCE}.`,
  })
  readonly texts: SeenTextInput[] = [];

  @Field(() => String, LANGUAGE)
  readonly language?: string | null;
}

@InputType()
class EditAltTextInput extends SeenImageInput {
  @Field(() => String, { description: `The new text, at most ${LONGEST_ALT_TEXT} characters.` })
  declare readonly text: string;

  @Field(() => String, LANGUAGE)
  readonly language?: string | null;
}

@InputType()
class MarkDecorativeInput {
  @Field(() => [SeenImageInput], { description: `At most ${MOST_AT_ONCE}.` })
  readonly images: SeenImageInput[] = [];

  @Field(() => Boolean, { defaultValue: true, description: 'false: the photos are not decorative any more.' })
  readonly decorative: boolean = true;

  @Field(() => String, { nullable: true, description: 'The language in which the client has seen the photos.' })
  readonly language?: string | null;
}

@InputType()
class UndoAltTextInput {
  @Field(() => ID, { description: 'Of AltTextChange, or of an AltTextEvent.' })
  declare readonly actionId: string;

  @Field(() => [ID], {
    nullable: true,
    description: 'Only of these photos. Default: of all that it was decided about.',
  })
  readonly imageIds?: string[] | null;

  @Field(() => String, { nullable: true, description: 'The language of the answer.' })
  readonly language?: string | null;
}

@ObjectType({ description: 'Why nothing was decided about a photo.' })
class AltTextRefusal extends fieldsOf<RefusalRecord>() {
  @Field(() => ID)
  declare readonly imageId: RefusalRecord['imageId'];

  @Field(() => String, { description: 'CONFLICT or NOT_FOUND.' })
  declare readonly code: RefusalRecord['code'];

  @Field(() => String)
  declare readonly message: RefusalRecord['message'];
}

@ObjectType({ description: 'What speaks against a text that is approved now.' })
class AltTextWarning {
  constructor(
    private readonly ofImage: ImageId,
    private readonly found: AltTextFinding,
  ) {}

  @Field(() => ID)
  get imageId(): string {
    return this.ofImage;
  }

  @Field(() => AltTextFinding)
  get finding(): AltTextFinding {
    return this.found;
  }
}

@ObjectType({
  description:
    'What was decided. Of several photos each is decided for itself: those that somebody has changed meanwhile are ' +
    'refused, the others are not.',
})
class AltTextChange {
  constructor(
    private readonly result: AltTextResult,
    private readonly entries: readonly EntryRecord[],
  ) {}

  @Field(() => ID, { nullable: true, description: 'undoAltText takes it. Null where nothing was decided.' })
  get actionId(): string | undefined {
    return this.result.actionId;
  }

  @Field(() => [AltTextEntry], { complexity: times(20), description: 'The photos as they are now.' })
  get changed(): readonly AltTextEntry[] {
    return this.entries.map((entry) => new AltTextEntry(entry));
  }

  @Field(() => [AltTextRefusal], { complexity: times(20) })
  get refused(): readonly AltTextRefusal[] {
    return this.result.refused.map((refusal) => new AltTextRefusal(refusal));
  }

  @Field(() => [AltTextWarning], {
    complexity: times(20),
    description: 'What checkAltText finds in the approved texts. No text is refused for it.',
  })
  get warnings(): readonly AltTextWarning[] {
    return this.entries.flatMap(({ image, altText, language }) =>
      altText?.state === 'APPROVED'
        ? checkAltText(altText.text, { language, fileName: image.name }).map(
            (finding) => new AltTextWarning(image.id, new AltTextFinding(finding)),
          )
        : [],
    );
  }
}

@Resolver()
export class DecideAltTextsResolver {
  @Needs('write')
  @Mutation(() => AltTextChange, {
    description:
      'Approves suggested texts. A photo is refused with CONFLICT if somebody decided about it meanwhile or the text is ' +
      'not suggested any more. A decorative photo is decorative no longer. Errors: BAD_USER_INPUT.',
  })
  async approveAltTexts(
    @Input(() => ApproveAltTextsInput) { texts, language }: ApproveAltTextsInput,
    @Ctx() context: ApiContext,
  ): Promise<AltTextChange> {
    const { services, client } = context;
    const tag = language ?? undefined;
    return answer(await services.approveAltTexts(texts.map(seenText), tag, authorOf(client)), tag, context);
  }

  @Needs('write')
  @Mutation(() => AltTextChange, {
    description:
      'Gives a photo a text of its own, which is approved with that. A decorative photo is decorative no longer. ' +
      'Errors: BAD_USER_INPUT, NOT_FOUND; CONFLICT if somebody decided about the photo meanwhile.',
  })
  async editAltText(
    @Input(() => EditAltTextInput) { language, ...seen }: EditAltTextInput,
    @Ctx() context: ApiContext,
  ): Promise<AltTextChange> {
    const { services, client } = context;
    const tag = language ?? undefined;
    return answer(await services.editAltText(seenText(seen), tag, authorOf(client)), tag, context);
  }

  @Needs('write')
  @Mutation(() => AltTextChange, {
    description:
      'Marks photos as decorative, in every language: their text is empty on purpose. Approved texts are kept behind ' +
      'it. Errors: BAD_USER_INPUT.',
  })
  async markDecorative(
    @Input(() => MarkDecorativeInput) { images, decorative, language }: MarkDecorativeInput,
    @Ctx() context: ApiContext,
  ): Promise<AltTextChange> {
    const { services, client } = context;
    const tag = language ?? undefined;
    const seen = images.map(({ imageId, revision }) => ({ imageId: imageId as ImageId, revision }));
    return answer(await services.markDecorative(seen, decorative, tag, authorOf(client)), tag, context);
  }

  @Needs('write')
  @Mutation(() => AltTextChange, {
    description:
      'Rejects suggested or approved texts: they are not offered any more, and sites are not given them. Errors: ' +
      'BAD_USER_INPUT.',
  })
  async rejectAltTexts(
    @Input(() => RejectAltTextsInput) { texts, language }: RejectAltTextsInput,
    @Ctx() context: ApiContext,
  ): Promise<AltTextChange> {
    const { services, client } = context;
    const tag = language ?? undefined;
    return answer(await services.rejectAltTexts(texts.map(seenText), tag, authorOf(client)), tag, context);
  }

  @Needs('write')
  @Mutation(() => AltTextChange, {
    description:
      'Takes back what was decided: the photos are as they were before. A photo is refused with CONFLICT if somebody ' +
      'decided about it later. Errors: NOT_FOUND, BAD_USER_INPUT.',
  })
  async undoAltText(
    @Input(() => UndoAltTextInput) { actionId, imageIds, language }: UndoAltTextInput,
    @Ctx() context: ApiContext,
  ): Promise<AltTextChange> {
    const { services, client } = context;
    const of = (imageIds ?? undefined) as ImageId[] | undefined;
    const result = await services.undoAltText(actionId as AltTextActionId, of, authorOf(client));
    return answer(result, language ?? undefined, context);
  }
}

function seenText({ imageId, revision, text }: SeenTextInput) {
  return { imageId: imageId as ImageId, revision, text };
}

async function answer(
  result: AltTextResult,
  language: string | undefined,
  { services, loaders }: ApiContext,
): Promise<AltTextChange> {
  for (const id of result.changed) loaders.altTextDecisions.clear(id);
  return new AltTextChange(result, await services.altTextEntries(result.changed, language));
}
