/** The rules of good alternative texts, as one types. */
import { Field, InputType, Int, ObjectType, Query, registerEnumType, Resolver } from 'type-graphql';
import { LONGEST_ALT_TEXT } from '../../collection/alt-text-decisions.js';
import { EkphrasisError, ErrorCode } from '../../errors.js';
import { ALT_TEXT_MESSAGES, ALT_TEXT_RULES } from '../../language/alt-text-messages.js';
import { type AltTextFinding as FindingRecord, checkAltText } from '../../language/alt-text-rules.js';
import { checkLanguage, DEFAULT_LANGUAGE } from '../../language/languages.js';
import { enumOf } from '../enum-names.js';
import { fieldsOf } from '../fields-of.js';
import { Input } from '../inputs.js';
import { Needs } from '../scopes.js';

const AltTextRule = enumOf(ALT_TEXT_RULES);
registerEnumType(AltTextRule, {
  name: 'AltTextRule',
  description:
    "What speaks against a text, after W3C's alt decision tree " +
    '(https://www.w3.org/WAI/tutorials/images/decision-tree/). English and German words are known.',
  valuesConfig: Object.fromEntries(ALT_TEXT_RULES.map((rule) => [rule, { description: ALT_TEXT_MESSAGES.en[rule] }])),
});

const MessageLanguage = enumOf(Object.keys(ALT_TEXT_MESSAGES) as (keyof typeof ALT_TEXT_MESSAGES)[]);
registerEnumType(MessageLanguage, { name: 'MessageLanguage', description: 'A language in which people are told.' });

@ObjectType({ description: 'What speaks against a text. It is a matter of style: no text is refused for it.' })
export class AltTextFinding extends fieldsOf<FindingRecord>() {
  @Field(() => AltTextRule)
  declare readonly rule: FindingRecord['rule'];

  @Field(() => String, { description: 'What to do, in plain language.' })
  declare readonly message: FindingRecord['message'];

  @Field(() => Int, { description: 'Where it begins in the text, in UTF-16 units as JavaScript counts.' })
  declare readonly start: FindingRecord['start'];

  @Field(() => Int, { description: 'Where it ends.' })
  declare readonly end: FindingRecord['end'];
}

@InputType({ description: 'A text, and what stands around it.' })
class CheckAltTextInput {
  @Field(() => String)
  declare readonly text: string;

  @Field(() => String, { nullable: true, description: 'Of the text, a BCP 47 tag. Default: en.' })
  readonly language?: string | null;

  @Field(() => String, { nullable: true, description: "The photo's file, as its name is no text." })
  readonly fileName?: string | null;

  @Field(() => String, { nullable: true, description: 'Words that stand beside the photo, as nobody listens twice.' })
  readonly caption?: string | null;

  @Field(() => MessageLanguage, { defaultValue: 'en', description: 'The language of the messages.' })
  readonly messagesIn: keyof typeof ALT_TEXT_MESSAGES = 'en';
}

@Resolver()
export class CheckAltTextResolver {
  @Needs('read')
  @Query(() => [AltTextFinding], {
    description: 'Says what speaks against a text as an alternative text, as one types it. Errors: BAD_USER_INPUT.',
  })
  checkAltText(@Input(() => CheckAltTextInput) input: CheckAltTextInput): AltTextFinding[] {
    const { text, language, fileName, caption, messagesIn } = input;
    if (text.length > LONGEST_ALT_TEXT) {
      const message = `The text has ${text.length} characters; at most ${LONGEST_ALT_TEXT} are kept.`;
      throw new EkphrasisError(ErrorCode.BadInput, message);
    }
    const findings = checkAltText(text, {
      language: checkLanguage(language ?? DEFAULT_LANGUAGE),
      fileName: fileName ?? undefined,
      caption: caption ?? undefined,
      messagesIn,
    });
    return findings.map((finding) => new AltTextFinding(finding));
  }
}
